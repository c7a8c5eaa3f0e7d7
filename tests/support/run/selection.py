"""Which tests a run takes: of the whole suite each promise, and with `--all` each of its variants."""

import pytest

from tests.support.engine_choice import ENGINE, is_worker
from tests.support.run.left_out import take_out

WHY = "slow tests, and further parameters of others: make check ALL=1"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a person ask for all of them."""
    parser.addoption("--all", action="store_true", help="run slow tests and all parameters, too")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Where tests are named, all of those run."""
    if not is_worker(config):
        named = config.args_source is pytest.Config.ArgsSource.ARGS
        config.option.all |= named or bool(config.option.keyword or config.option.markexpr)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test marked `sample` take the first parameters, and of one marked `slow` none."""
    if config.option.all:
        return
    engine = config.stash[ENGINE].name if ENGINE in config.stash else ""
    first: dict[str, pytest.Item] = {}
    # Those on another engine are behind all others.
    for item in sorted(items, key=lambda item: parameters(item).get("engine", engine) != engine):
        first.setdefault(item.nodeid.partition("[")[0], item)

    def is_further(item: pytest.Item) -> bool:
        return item.get_closest_marker("sample") is not None and item not in first.values()

    take_out(config, items, lambda item: item.get_closest_marker("slow") or is_further(item), WHY)


def parameters(item: pytest.Item) -> dict[str, object]:
    """Return the parameters that a test is run with."""
    return item.callspec.params if hasattr(item, "callspec") else {}
