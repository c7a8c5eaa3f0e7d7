"""Which worker runs which test: those in containers/ stay together by their engine.

So the images that they look at are built once for each engine, and not once for each worker.
"""

import os
import re
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

TOGETHER = re.compile(r"^tests/containers/.*\b((?:rootless_)?(?:docker|podman))\b.*\]$")


class ByEngine(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out the largest groups first, and then test by test."""

    def _split_scope(self, nodeid: str) -> str:
        return found[1] if (found := TOGETHER.match(nodeid)) else nodeid


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores, since tests mostly wait for other processes."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByEngine:
    """Take the place of `--dist`."""
    return ByEngine(config, log)
