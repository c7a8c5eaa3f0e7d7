"""Which container engine the tests use: that of the machine, or the throwaway one, or none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.engine import Engine, EngineError, NoEngine, acquire, answers, release
from tests.support.machines.rootless import rootless, rootless_is_possible
from tests.support.run.left_out import THROWAWAY, leave_out, take_out

ENGINE = pytest.StashKey[Engine]()
WHY = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a person choose the engine, or go without one."""
    parser.addoption("--engine", default="", choices=["", "docker", "podman", "none"])


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another, which reports."""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Find or start the engine once, before the workers start."""
    if config.option.engine == "none" or config.option.collectonly:
        return
    try:
        config.stash[ENGINE] = acquire(config.option.engine)
    except EngineError as error:
        if config.option.engine or not isinstance(error, NoEngine):
            pytest.exit(str(error), returncode=1)
        config.option.engine = "none"
        config.stash[WHY] = str(error)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what `pytest_configure` started."""
    if ENGINE in config.stash and not is_worker(config):
        release(config.stash[ENGINE])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the container tests out where the engine is `none`, and count them."""
    if config.option.engine != "none":
        return
    why = config.stash.get(WHY, "ENGINE=none asks for no container: make check")
    take_out(config, items, lambda item: "engine" in getattr(item, "fixturenames", ()), why)


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The container engine; tests that use this fixture are the container tests.

    What is in containers/ has either engine, one as the parameter, unless ENGINE= names the other.
    """
    if ENGINE not in request.config.stash:
        leave_out(
            "an engine takes the place of what this machine lacks", "install Docker or Podman"
        )
    found = request.config.stash[ENGINE]
    with named(getattr(request, "param", found.name), found, request.config) as engine:
        yield engine


@contextmanager
def named(name: str, found: Engine, config: pytest.Config) -> Iterator[Engine]:
    """The engine of that name next to the one that was found; "rootless_..." is a user's own."""
    _, rootless_, name = name.rpartition("rootless_")
    other = replace(found, name=name)
    if other != found and (config.option.engine or not answers(other)):
        leave_out(
            f"{other.name} does not answer, or ENGINE= names another",
            f"install {other.name.title()}",
        )
    cgroups_v2 = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    if other.name == "podman" and os.getuid() and not cgroups_v2:
        leave_out(
            "rootless Podman limits nothing where cgroups are of version 1",
            "boot with systemd.unified_cgroup_hierarchy=1",
        )
    if not rootless_:
        yield other
        return
    if not other.bin:
        leave_out("a rootless engine is started next to the throwaway one only", THROWAWAY)
    if not rootless_is_possible():
        leave_out(
            "this kernel gives users who are not root no namespaces, or no network",
            "sysctl kernel.unprivileged_userns_clone=1 && modprobe tun",
        )
    with rootless(other) as other:
        yield other
