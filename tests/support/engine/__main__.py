"""The throwaway engine by hand: python -m tests.support.engine start | stop | status | clean."""

import argparse
import shutil
import sys

from . import Engine, EngineError, provide_base, shared, throwaway


def main() -> int:
    """Do what the command line says; the exit status is 1 for `status` when none runs."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.engine", description=__doc__)
    parser.add_argument("what", choices=["start", "stop", "status", "clean"])
    parser.add_argument("python", nargs="*", help="also have the base images of these, as 3.14")
    parser.add_argument("--uv", metavar="VERSION", help="uv's version in them")
    todo = parser.parse_args()
    if todo.python and not todo.uv:
        parser.error("base images need --uv VERSION")

    if not throwaway.possible():
        raise EngineError("the throwaway engine needs root on Debian")
    with shared.locked():
        if todo.what == "start":
            shared.BY_HAND.touch()
            if not shared.pid():
                throwaway.start()
        if todo.what in ("stop", "clean"):
            throwaway.stop()
        if todo.what == "clean":
            shutil.rmtree(shared.CACHE)
            return 0
    for python in todo.python:
        if not provide_base(Engine("docker", shared.BIN), python, todo.uv):
            print(f"no base image for Python {python}", file=sys.stderr)
    if not shared.pid():
        print("not running")
        return int(todo.what == "status")
    print(f'export PATH="{shared.BIN}:$PATH"')
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EngineError as error:
        sys.exit(f"engine: {error}")
