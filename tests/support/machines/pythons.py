"""Which Pythons this machine has, or can fetch."""

import subprocess
from collections.abc import Callable

import pytest

from tests.support.answers import DEFAULT_PYTHON, PYTHONS


@pytest.fixture(scope="session")
def has_python(machine: dict[str, str]) -> Callable[[str], bool]:
    """Say whether uv finds or fetches that Python on this machine."""
    wanted: dict[str, bool] = {}

    def has(python: str) -> bool:
        if python not in wanted:
            wanted[python] = any(
                not subprocess.run(
                    ["uv", "python", *action, python],
                    env=machine | {"UV_HTTP_RETRIES": "1"},
                    capture_output=True,
                ).returncode
                for action in (["find"], ["install", "--quiet"])
            )
        return wanted[python]

    return has


@pytest.fixture(scope="session")
def native_python(has_python: Callable[[str], bool]) -> str:
    """The Python for tests that need one natively, whichever: the default, or the newest there is."""
    candidates = [DEFAULT_PYTHON, *reversed(PYTHONS)]
    return next(python for python in candidates if has_python(python))
