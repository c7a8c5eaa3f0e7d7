"""What the other modules share: the error, the progress line, the running of commands."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

INSTEAD = "install Docker or Podman, or type `make check ENGINE=none`"


class EngineError(Exception):
    """No engine; the message is one line that a user can act on."""


class NoEngine(EngineError):
    """Neither is an engine running here, nor can one be started."""


def say(progress: str) -> None:
    """Print one line of progress to stderr, where pytest and pipes leave it alone."""
    print(f"engine: {progress}", file=sys.stderr, flush=True)


def succeeds(
    *command: str | Path, env: Mapping[str, str] | None = None, timeout: int = 900
) -> bool:
    """Run `command` silently and return whether it ended with status 0 in time."""
    try:
        done = subprocess.run(command, env=env, capture_output=True, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def run(*command: str | Path, doing: str, env: Mapping[str, str] | None = None) -> str:
    """Run `command` and return its stdout; raise EngineError, naming what it was `doing`."""
    try:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    except OSError as error:
        raise EngineError(f"{doing} failed: {error}; {INSTEAD}") from error
    if done.returncode:
        why = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        # mmdebstrap and apt end with a summary; the reason is their first line marked as an error.
        line = next((text for text in why if text.startswith(("E:", "ERROR"))), why[-1])
        raise EngineError(f"{doing} failed: {line}; {INSTEAD}")
    return done.stdout
