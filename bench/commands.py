"""The commands of a rendered project, and its tools as a person runs them one after the other."""

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.support.engine import Engine
from tests.support.machines.here import ROOT, without_uv

from . import report

RENDER = f"'{ROOT}/.venv/bin/copier' copy --quiet --defaults --vcs-ref=HEAD"


def run(command: str, folder: Path, env: Mapping[str, str]) -> str:
    """Run a command and return its standard output; exits with all output if it fails."""
    done = subprocess.run(shlex.split(command), cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def timed(what: Callable[[], object]) -> float:
    """Return how many seconds it takes."""
    start = time.perf_counter()
    what()
    return time.perf_counter() - start


def render(folder: Path, env: Mapping[str, str], *answers: str, kind: str = "service") -> Path:
    """Render a project into that folder."""
    data = " ".join(f"--data={answer}" for answer in (f"kind={kind}", *answers))
    run(f"{RENDER} {data} '{ROOT}' '{folder}'", ROOT, env)
    return folder


def newest_python(env: Mapping[str, str]) -> str:
    """Return the newest Python that uv finds or fetches, as `make demo` does."""
    pythons = [folder.name for folder in sorted(ROOT.glob("lock/3.*"), reverse=True)]
    for python in pythons:
        for action in ("find", "install --quiet"):
            command = f"uv python {action} {python}".split()
            if not subprocess.run(
                command, env={**env, "UV_HTTP_RETRIES": "1"}, capture_output=True
            ).returncode:
                return python
    sys.exit(f"none of Python {', '.join(pythons)} is installed or can be fetched")


def tools(project: Path, env: Mapping[str, str]) -> list[str]:
    """Return the commands that `make check` runs, as typed in an active environment."""
    said = run("make --dry-run lint types test", project, env)
    return [tool.strip() for tool in re.findall(r"uv run --locked ([^&'\n]+)", said)]


def measure(folder: Path, env: Mapping[str, str], rounds: int) -> Iterator[tuple[str, str, float]]:
    """Measure round by round; yield what was measured, of which variant, and its time."""
    python = newest_python(env)
    for number in range(rounds):
        (folder / str(number)).mkdir()
        yield from measure_once(folder / str(number), python, env, reverse=number % 2 == 1)


def measure_once(
    folder: Path, python: str, env: Mapping[str, str], reverse: bool
) -> Iterator[tuple[str, str, float]]:
    """Measure one round in an empty folder.

    Each variant has its own project, so that neither uses the caches of the other's tools.
    """
    env = {**env, "UV_CACHE_DIR": f"{folder}/uv cache"}
    hand, make = folder / "by hand", folder / "by make"
    took = timed(lambda: render(hand, env, f"python_version={python}"))
    yield "copier copy", "make", took
    shutil.copytree(hand, make)
    yield "make start, uv cache empty", "make", timed(lambda: run("make start", hand, env))
    yield "make start, uv cache filled", "make", timed(lambda: run("make start", make, env))

    typed = tools(hand, env)
    active = {**env, "PATH": f"{hand}/.venv/bin:{env['PATH']}", "VIRTUAL_ENV": f"{hand}/.venv"}
    checks: dict[str, Callable[[], object]] = {
        "by hand": lambda: [run(tool, hand, active) for tool in typed],
        "make": lambda: run("make check", make, env),
    }
    for name in ("make check, first", "make check, again"):
        for variant in sorted(checks, reverse=reverse):
            yield name, variant, timed(checks[variant])


def measure_without_uv(
    folder: Path, env: Mapping[str, str], engine: Engine, rounds: int
) -> Iterator[tuple[str, str, float]]:
    """Measure round by round with uv, and without it but with an engine."""
    python = f"python_version={newest_python(env)}"
    bare = without_uv(folder / "bin", engine.name, engine.env()["PATH"])
    machines = {"with uv": env, "without": {**env, "PATH": bare, "ENGINE": engine.name}}
    for number in range(rounds):
        projects = {name: render(folder / f"{number} {name}", env, python) for name in machines}
        for what in report.WITHOUT_UV.measures:
            for name in sorted(machines, reverse=number % 2 == 1):
                yield what.name, name, again(what.name, projects[name], machines[name])
        run("make clean", projects["without"], machines["without"])


def again(what: str, project: Path, env: Mapping[str, str]) -> float:
    """Return how many seconds a command takes, named as in "make check, once more"."""
    return timed(lambda: run(what.partition(",")[0], project, env))
