"""What this machine has, as commands outside the project's own environment should find it."""

import os
import shutil
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path

from uv import find_uv_bin

from tests.support.engine import shared, throwaway

# What a machine with make and git has.
TOOLS = [
    *("awk", "cat", "cksum", "cp", "cut", "diff", "dirname", "env", "git", "grep", "head", "id"),
    *("ln", "make", "mkdir", "mktemp", "printf", "rm", "sed", "sh", "sha256sum", "sleep"),
    *("sort", "tail", "tee", "test", "tr", "uname", "wc"),
]
ENGINE = """#!/bin/sh
PATH="/usr/sbin:/usr/bin:/bin:$PATH" exec '{tool}' "$@"
"""
ROOT = Path(__file__).resolve().parents[3]


def environment(home: Path, uv_cache: Path) -> dict[str, str]:
    """Return the environment of a newcomer, with an empty home, and without settings."""
    kept = ("LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PATH": path(),
        "HOME": str(home),
        "UV_CACHE_DIR": str(uv_cache),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
    }


def write_script(path: Path, text: str) -> None:
    """Write a shell script that is found as a command, into a folder that may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def without_uv(folder: Path, engine: str, searched: str) -> str:
    """Fill `folder` for a PATH with make, git and that engine, but neither uv nor Python."""
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name, path=searched) or f"/no/{name}")
    write_script(folder / engine, ENGINE.format(tool=shutil.which(engine, path=searched)))
    return str(folder)


def typed_by(user: int, folder: Path) -> None:
    """Let `id` in that folder say that this user types the commands."""
    (folder / "id").unlink()
    write_script(folder / "id", f"#!/bin/sh\necho {user}\n")


@cache
def busybox() -> str:
    """Return a folder with BusyBox in the place of utilities, as on Alpine; "" where none is there or can be fetched.

    `env` is this machine's: the commands of the throwaway engine need GNU's.
    """
    tool = shutil.which("busybox")
    if not tool and throwaway.possible():
        with shared.locked():
            [tool] = map(str, shared.downloaded("busybox-static").glob("**/bin/busybox"))
    if not tool:
        return ""
    folder = ROOT / ".venv/busybox"
    folder.mkdir(exist_ok=True)
    listed = subprocess.check_output([tool, "--list"], text=True).split()
    for name in set(TOOLS) & set(listed) - {"env"}:
        with suppress(FileExistsError):
            (folder / name).symlink_to(tool)
    return str(folder)


def with_little(folder: Path, python: str) -> str:
    """Fill `folder` for a PATH with make, git, uv, utilities, and one Python that is not `python`."""
    folder.mkdir()
    searched = os.pathsep.join([busybox(), path()])
    for name in ["uv", *TOOLS]:
        (folder / name).symlink_to(shutil.which(name, path=searched) or f"/no/{name}")
    find = [find_uv_bin(), "python", "find", python]
    found = subprocess.check_output(find, env=os.environ | {"PATH": path()}, text=True)
    (folder / f"python{python}").symlink_to(found.strip())
    return str(folder)


def path() -> str:
    """Return a PATH with the locked uv first and with pyenv's Pythons, but not our environment.

    pyenv's shims fail for versions that are not active, so uv would not find those.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    hidden = {str(ROOT / ".venv/bin"), str(pyenv / "shims")}
    inherited = [name for name in os.environ["PATH"].split(os.pathsep) if name not in hidden]
    pythons = [str(python.parent) for python in sorted(pyenv.glob("versions/3.*/bin/python"))]
    return os.pathsep.join([str(_uv()), *inherited, *pythons])


def _uv() -> Path:
    """Return a folder with uv and uvx alone: next to them in our environment is a Python."""
    folder = ROOT / ".venv/uv"
    folder.mkdir(exist_ok=True)
    for tool in ("uv", "uvx"):
        with suppress(FileExistsError):
            (folder / tool).symlink_to(Path(find_uv_bin()).with_name(tool))
    return folder
