"""Run `make check` on the machines of the table: python -m tests.support.machines.matrix [--help]."""

import argparse
import re
import signal
import sys
import tempfile
import time
from dataclasses import astuple
from pathlib import Path

from tests.support.engine.shell import EngineError
from tests.support.engine.throwaway import possible

from .machine import NoPython, run_on
from .roots import CLONE, alone
from .rows import ROWS, Row

HEAD = ("Debian", "Python", "engine", "user", "home", "result", "minutes")
COUNTS = re.compile(r"^=+ (.*\b(?:passed|failed|skipped|error).*) in [\d.]+s.*=+$", re.MULTILINE)


def main() -> int:
    """Run the rows that were asked for, and print the table; 1 if one failed."""
    parser = argparse.ArgumentParser(prog="make matrix", description="make check on fresh machines")
    add = parser.add_argument
    add("--list", action="store_true", help="print the names of the rows")
    add("--only", nargs="+", default=[], metavar="WORD", help="rows with all these in their names")
    add("--tests", metavar="ARGS", help="make test with these ARGS instead of make check")
    add("--cold", action="store_true", help="start each row with an empty cache of uv")
    asked = parser.parse_args()
    rows = [row for row in ROWS if all(word in row.name for word in asked.only)]
    if asked.list:
        print(*(row.name for row in rows), sep="\n")
        return 0
    if not possible():
        raise EngineError("fresh machines need root on Debian")
    logs = Path(tempfile.mkdtemp(prefix="matrix-"))
    print(f"What is committed here, on {len(rows)} fresh machines; logs: {logs}", flush=True)
    target = ["check"] if asked.tests is None else ["test", f"ARGS={asked.tests}"]
    command = ["make", f"--directory={CLONE}", *target]
    results: list[tuple[str, ...]] = []
    with alone():
        for row in rows:
            print(row.name, end=": ", flush=True)
            results.append(_try(row, command, logs / f"{row.name}.log", asked.cold))
            print(results[-1][0], flush=True)
    tried = [(*astuple(row), *result) for row, result in zip(rows, results, strict=True)]
    for cells in (HEAD, ("---",) * len(HEAD), *tried):
        print(f"| {' | '.join(cells)} |")
    return int(any(said.startswith("FAILED") for said, _ in results))


def _try(row: Row, command: list[str], log: Path, cold: bool) -> tuple[str, str]:
    """Run the command on that row's machine; return how it ended, and the minutes that it took."""
    began = time.monotonic()
    try:
        code = run_on(row, command, log, cold)
    except NoPython as error:
        return f"not tried: {error}", ""
    counts = COUNTS.findall(log.read_text(errors="replace"))
    said = counts[-1].replace("deselected", "left out") if counts else "no test ran"
    return f"FAILED: {said}" if code else said, f"{(time.monotonic() - began) / 60:.0f}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it, too, leaves nothing behind
    try:
        sys.exit(main())
    except EngineError as error:
        sys.exit(f"matrix: {error}")
