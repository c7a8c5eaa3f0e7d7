"""What a machine can't do is left out of a test run, with the command that would bring it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

import pytest

LEFT_OUT = pytest.StashKey[Counter[str]]()


def leave_out(lacking: str, command: str) -> NoReturn:
    """Skip this test; say what the machine lacks, and what to type there."""
    pytest.skip(f"{lacking}: {command}")


def take_out(
    config: pytest.Config,
    items: list[pytest.Item],
    is_out: Callable[[pytest.Item], object],
    why: str,
) -> None:
    """Take some of the tests out of a run, and count them by why."""
    out = [item for item in items if is_out(item)]
    items[:] = [item for item in items if item not in out]
    config.stash.setdefault(LEFT_OUT, Counter())[why] += len(out)
    config.hook.pytest_deselected(items=out)


# Some engines are started beside the one that tests make, which nobody else uses.
THROWAWAY = "make check, as root on a Debian without Docker and Podman, or make matrix"


def no_python(python: str) -> tuple[str, str]:
    """What to say of a Python that uv neither finds nor fetches."""
    return (
        f"Python {python} is not on this machine and can't be fetched",
        f"uv python install {python}",
    )


def left_out(skipped: Sequence[pytest.TestReport], deselected: Counter[str]) -> Iterator[str]:
    """A line for each reason: how many tests it has left out, and what would bring them."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in skipped
        if isinstance(report.longrepr, tuple)
    )
    for reason, number in (reasons + deselected).most_common():
        yield f"left out: {number} {'test' if number == 1 else 'tests'}: {reason}"
