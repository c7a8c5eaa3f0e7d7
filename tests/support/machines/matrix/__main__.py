"""Try this repository on each machine of the table: python -m tests.support.machines.matrix; see --help."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from pathlib import Path

from uv import find_uv_bin

from tests.support.engine.shell import EngineError
from tests.support.engine.throwaway import INSIDE_PATH, possible
from tests.support.machines.here import path
from tests.support.machines.matrix.images import base_images
from tests.support.machines.matrix.network import network
from tests.support.machines.matrix.roots import CLONE, alone, root_of, user_home, uv_cache
from tests.support.machines.matrix.rows import OWN_PYTHON, ROWS, Row

HEAD = ("Debian", "Python", "engine", "user", "home", "result", "minutes")
# How this machine reaches the package indexes; any case, as proxies have either.
CARRIED = re.compile(
    r"((HTTPS?|ALL|NO)_PROXY|SSL_CERT_DIR|PIP_\w*(INDEX|CERT|HOST|TIMEOUT)\w*|NPM_CONFIG_\w+"
    r"|UV_\w*(INDEX|HOST|TIMEOUT)\w*|UV_(NATIVE_TLS|SYSTEM_CERTS))$",
    re.IGNORECASE,
)
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"  # of a row
COUNTS = re.compile(r"^=+ (.*\b(?:passed|failed|skipped|error).*) in [\d.]+s.*=+$", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """How a row ended. passed is None where it was not tried."""

    passed: bool | None
    said: str
    minutes: float = 0


def main() -> int:
    """Run the rows that were asked for, and print the table; 1 if one failed."""
    parser = argparse.ArgumentParser(
        prog="make matrix", description="Run make check on fresh machines."
    )
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="WORD",
        help="the rows with all of these in their name",
    )
    parser.add_argument("--tests", metavar="ARGS", help="make test with these ARGS, not make check")
    parser.add_argument(
        "--cold", action="store_true", help="start each row with an empty cache of uv"
    )
    asked = parser.parse_args()
    rows = [row for row in ROWS if all(word in row.name for word in asked.only)]
    if asked.list:
        print(*(row.name for row in rows), sep="\n")
        return 0
    if not possible():
        raise EngineError("it needs root on Debian")
    logs = Path(tempfile.mkdtemp(prefix="matrix-"))
    print(
        f"The commit that is checked out runs on {len(rows)} machines; logs in {logs}", flush=True
    )
    outcomes: list[Outcome] = []
    with alone():
        for row in rows:
            print(row.name, end=": ", flush=True)
            outcomes.append(_try(row, logs / f"{row.name}.log", asked.tests, asked.cold))
            print(outcomes[-1].said, flush=True)
    print(_table(rows, outcomes))
    return int(any(outcome.passed is False for outcome in outcomes))


def _try(row: Row, log: Path, tests: str | None, cold: bool) -> Outcome:
    """Run the suite on that row's machine."""
    extra = _extra_python(row)
    if extra is None:
        return Outcome(None, f"not tried: no Python {row.python} to be had")
    began = time.monotonic()
    target = ["check"] if tests is None else ["test", f"ARGS={tests}"]
    with ExitStack() as stack:
        root = stack.enter_context(root_of(row, cold))
        enter: list[str] = []
        if row.engine != "none":
            enter = stack.enter_context(
                network(Path(stack.enter_context(tempfile.TemporaryDirectory())))
            )
        images = base_images() if row.engine not in ("none", "throwaway") else None
        if images:
            shutil.copy(images, root / "images.tar")
        machine = {
            "ROOT": str(root),
            "ROW_USER": row.user,
            "ENGINE": row.engine,
            "SHOWN": extra,
            "FIXED": user_home(row) if row.home == "readonly" else "",
        }
        command = ["sh", str(Path(__file__).with_name("machine.sh"))]
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *command]
        with log.open("w") as output:
            done = subprocess.run(
                [
                    *enter,
                    *unshare,
                    *_environment(row, extra),
                    "make",
                    f"--directory={CLONE}",
                    *target,
                ],
                env=machine | dict([INSIDE_PATH.split("=")]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
    return _outcome(
        done.returncode, log.read_text(errors="replace"), (time.monotonic() - began) / 60
    )


def _extra_python(row: Row) -> str | None:
    """The folder of a Python of this machine, where the row's Debian has another; None if there is none."""
    if row.python == OWN_PYTHON[row.debian]:
        return ""
    environment = os.environ | {"PATH": path()}
    for action in (["find", "--no-project"], ["install", "--quiet"], ["find", "--no-project"]):
        command = [find_uv_bin(), "python", *action, row.python]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        found = Path(done.stdout.strip()).resolve()
        # What is in /usr needs the rest of it.
        if done.stdout.strip() and not found.is_relative_to("/usr"):
            return str(found.parents[1])
    return None


def _environment(row: Row, extra: str) -> list[str]:
    """The environment in which a row's user types the command."""
    searched = INSIDE_PATH.replace("PATH=", f"PATH={extra}/bin:" if extra else "PATH=")
    carried = [f"{name}={value}" for name, value in os.environ.items() if CARRIED.match(name)]
    certificates = ["SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"]
    carried += [f"{name}={CA_BUNDLE}" for name in certificates if name in os.environ]
    # Its own Python is the one that is tried, also where uv could fetch another.
    own = [f"HOME={user_home(row)}", "LANG=C.UTF-8", "UV_PYTHON_DOWNLOADS=never", searched]
    own += [f"UV_CACHE_DIR={uv_cache(row)}"] if row.home == "readonly" else []
    own += ["ENGINE=none"] if (row.engine, row.user) == ("none", "root") else []
    return carried + own


def _outcome(code: int, output: str, minutes: float) -> Outcome:
    """Read how a run ended from what it printed."""
    counts = COUNTS.findall(output)
    said = counts[-1].replace("deselected", "left out") if counts else "no test ran"
    return Outcome(not code, said if not code else f"**failed**: {said}", minutes)


def _table(rows: list[Row], outcomes: list[Outcome]) -> str:
    """Return the table in Markdown."""
    lines = [HEAD, ["---"] * len(HEAD)]
    for row, outcome in zip(rows, outcomes, strict=True):
        lines.append([*astuple(row), outcome.said, f"{outcome.minutes:.0f}"])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EngineError as error:
        sys.exit(f"matrix: {error}")
