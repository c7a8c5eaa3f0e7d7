"""How far a test run is, and how long it still takes: a line for each tenth of the way."""

import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.support.engine_choice import is_worker

SECONDS = "run-anywhere/seconds"


def pytest_configure(config: pytest.Config) -> None:
    """Show it in the process that reports."""
    if not is_worker(config) and not config.option.collectonly:
        config.pluginmanager.register(Progress(config))


class Progress:
    """Weighs each test by the seconds that it took last time; a new one is of average weight."""

    def __init__(self, config: pytest.Config) -> None:
        """Read what the last run took."""
        self.config = config
        self.took: dict[str, float] = config.cache.get(SECONDS, {}) if config.cache else {}
        self.weights: dict[str, float] = {}
        self.all = self.done = self.tenths = 0.0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start the clock, with the tests of this process."""
        self.begin([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Start it, with the tests of a worker; each of them has the same."""
        self.begin(ids)

    def begin(self, tests: Sequence[str]) -> None:
        """Weigh the tests of this run."""
        average = sum(self.took.values()) / len(self.took) if self.took else 1
        self.weights = {test: self.took.get(test, average) + 0.01 for test in tests}
        self.all, self.started = sum(self.weights.values()), time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a phase of a test, and print a line when another tenth of the weight is done."""
        before = self.took.get(report.nodeid, 0) if report.when != "setup" else 0
        self.took[report.nodeid] = round(before + report.duration, 2)
        if report.when == "teardown":
            self.done += self.weights.get(report.nodeid, 0)
            tenths = 10 * self.done // self.all
            if self.tenths < tenths < 10:
                self.say(int(tenths), time.monotonic() - self.started)
            self.tenths = tenths

    def say(self, tenths: int, elapsed: float) -> None:
        """Print it; a run of a few seconds needs none."""
        left = elapsed * (self.all - self.done) / self.done
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter and elapsed + left > 20:
            ago, to_go = (timedelta(seconds=round(seconds)) for seconds in (elapsed, left))
            reporter.write_line(f"\n{tenths}0 % after {ago}, about {to_go} left")

    def pytest_sessionfinish(self) -> None:
        """Keep what this run took for the next."""
        if self.config.cache:
            self.config.cache.set(SECONDS, self.took)
