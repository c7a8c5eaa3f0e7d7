"""Lock every lock/3.x with its own Python, and list the names that no application can have.

If uv neither finds nor fetches a Python, its project is locked in the builder image.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import version

from tests.support.engine import Engine, EngineError, acquire, provide_base, release
from tests.support.machines import here as machine

SCRIPT = (
    "cd lock/{python} && uv lock {options} >&2 && uv run --quiet --locked python ../reserved.py"
)


@cache
def engine() -> Engine:
    """Return the container engine, which starts when the first project needs it."""
    return acquire()


def relock(python: str, options: str) -> set[str]:
    """Lock lock/<python> with uv's `options`; return the reserved names for that Python."""
    script = SCRIPT.format(python=python, options=options)
    env = os.environ | {"PATH": machine.path()}
    with tempfile.TemporaryDirectory() as folder:
        native = not subprocess.run(
            ["uv", "python", "find", "--quiet", python], env=env, capture_output=True
        ).returncode
        if native:
            command, env = ["sh", "-c", script], env | {"UV_PROJECT_ENVIRONMENT": folder}
        elif provide_base(engine(), python, version("uv")):
            image = f"ghcr.io/astral-sh/uv:{version('uv')}-python{python}-trixie-slim"
            run = f"{engine().name} run --rm --user {os.getuid()}:{os.getgid()} --volume {machine.ROOT}:/repo"
            command = [*run.split(), "--workdir=/repo", "--env=HOME=/tmp"]
            command += ["--env=UV_PROJECT_ENVIRONMENT=/tmp/venv", image, "sh", "-c", script]
            env = engine().env()
        else:
            sys.exit(f"neither Python {python} nor its builder image can be fetched")
        return set(
            subprocess.run(
                command, env=env, cwd=machine.ROOT, check=True, stdout=subprocess.PIPE, text=True
            ).stdout.split()
        )


def main() -> None:
    """Lock all; exits with a line that says what is missing if a Python can't be fetched."""
    parser = argparse.ArgumentParser(prog="python -m lock.relock", description=__doc__)
    parser.add_argument(
        "--upgrade", action="store_true", help="upgrade every package to its newest version"
    )
    options = "--upgrade" if parser.parse_args().upgrade else ""
    pythons = sorted(path.parent.name for path in machine.ROOT.glob("lock/3.*/pyproject.toml"))
    try:
        names = set().union(*(relock(python, options) for python in pythons))
    except EngineError as error:
        sys.exit(str(error))
    finally:
        if engine.cache_info().currsize:
            release(engine())
    (machine.ROOT / "includes/reserved-names.txt").write_text(
        "".join(f"{name}\n" for name in sorted(names))
    )


if __name__ == "__main__":
    main()
