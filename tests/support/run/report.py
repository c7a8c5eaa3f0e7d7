"""What a test run says of itself at its end: how much it tried, where it was, what it left out."""

from collections import Counter
from typing import Any, cast

import pytest

from tests.support.answers import TEMPLATE
from tests.support.engine_choice import is_worker
from tests.support.run.left_out import LEFT_OUT, left_out
from tests.support.run.places import summary, table


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count to the process that prints the summary."""
    if is_worker(session.config):
        output = cast("dict[str, Any]", session.config.workeroutput)  # type: ignore[attr-defined]
        output["left_out"] = dict(session.config.stash.get(LEFT_OUT, {}))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the count from a worker; each of them collected the same tests."""
    node.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out, and how much the tests that count have tried."""
    tried = Counter[str]()
    for report in terminalreporter.stats.get("passed", []):
        for what, number in report.user_properties:
            tried[what] += number
    for what, number in tried.items():
        terminalreporter.write_line(f"{number:,} {what}")
    places = table((TEMPLATE / "docs/places.md").read_text())
    terminalreporter.write_line(summary(places, terminalreporter.stats))
    skipped = terminalreporter.stats.get("skipped", [])
    for line in left_out(skipped, config.stash.get(LEFT_OUT, Counter())):
        terminalreporter.write_line(line, yellow=True)
