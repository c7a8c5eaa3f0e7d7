"""What all test runs of a machine share: a cache of what Debian's packages were made into, and one engine."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TextIO

from .shell import run, say

HERE = Path(__file__).parent
# What the whole machine shares, and forgets when it is started again, as its network settings are:
# one engine, whoever started it from whichever cache, since two would share bridges and forwarding.
MACHINE = Path("/run/run-anywhere")
RUNNING = MACHINE / "cache"  # a link to the cache of the engine that runs
BY_HAND = MACHINE / "by-hand"  # it stays when the last test run ends


def own_cache() -> Path:
    """Return the user's cache or, where their home is read-only, a folder beside other temporary ones."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    if not os.access(there, os.W_OK):
        cache = Path(tempfile.gettempdir(), f"cache-{os.getuid()}")
    return cache / "run-anywhere/engine"


def pid_of(root: Path) -> int | None:
    """Return the pid of the engine that has this root file system; None where none runs."""
    try:
        found = int((root / "run/engine.pid").read_text())
        # No other process has that root file system as its root.
        return found if Path(f"/proc/{found}/root").samefile(root) else None
    except (OSError, ValueError):
        return None


CACHE = RUNNING.resolve() if pid_of(RUNNING / "root") else own_cache()
ROOT = CACHE / "root"
BIN = CACHE / "bin"
PID_FILE = ROOT / "run/engine.pid"
CA_BUNDLE = Path(os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt")

SUITE = "trixie"
# Bare of documentation; not synced to disk; a testing release is used after its date, too.
MMDEBSTRAP = (
    "--variant=minbase",
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Check-Valid-Until "false"',
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)
INSIDE_PATH = "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@contextmanager
def locked() -> Iterator[None]:
    """Hold the machine's engine alone, so that two test runs don't build or start the same thing."""
    CACHE.mkdir(parents=True, exist_ok=True)
    MACHINE.mkdir(exist_ok=True)
    with (MACHINE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def use() -> None:
    """Count this process among the engine's users until it ends, however it ends."""
    fcntl.flock(_users(), fcntl.LOCK_SH)


def used_by_others() -> bool:
    """Whether another process uses the engine."""
    try:
        fcntl.flock(_users(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


@cache
def _users() -> TextIO:
    return (MACHINE / "users").open("w")


def pid() -> int | None:
    """Return the running engine's pid; None when none runs, whatever an old file says."""
    return pid_of(ROOT)


def debootstrap(suite: str, packages: str, target: Path, *options: str, doing: str) -> None:
    """Make a Debian with `packages` in `target`, a folder or .tar; EngineError if that fails."""
    tool = shutil.which("mmdebstrap") or downloaded("mmdebstrap") / "usr/bin/mmdebstrap"
    # It calls a sibling, mmtarfilter, by name; the fixed date makes equal packages equal tars.
    path = f"{Path(tool).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "SOURCE_DATE_EPOCH": "0"}
    sites = run("apt-get", "indextargets", "--format", "$(SITE)", doing="asking apt for its mirror")
    mirrors = [s for s in sites.split() if s.startswith("http") and s.endswith("/debian")]
    mirror = mirrors[0] if mirrors else "http://deb.debian.org/debian"
    include = f"--include={packages}"
    run(tool, *MMDEBSTRAP, include, *options, suite, target, mirror, doing=doing, env=env)


def downloaded(package: str) -> Path:
    """Return a folder with what a package of Debian holds, fetched once and not installed."""
    target = CACHE / f"package-{package}"
    if not target.exists():
        say(f"fetching {package}")
        with unfinished(target) as folder:
            get = f"apt-get download {package}"
            script = f"cd '{folder}' && {{ {get} || {{ apt-get update && {get}; }}; }}"
            run("sh", "-c", f"{script} && dpkg-deb -x *.deb .", doing=f"fetching {package}")
    return target


def remove(folder: Path) -> None:
    """Remove a folder that a run left when it was killed, and first what is mounted there."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in reversed([each for each in mounts if Path(each).is_relative_to(folder)]):
        run("umount", "--lazy", mount, doing=f"unmounting {mount}")
    shutil.rmtree(folder)


@contextmanager
def unfinished(target: Path) -> Iterator[Path]:
    """Give a folder to fill, which takes the name `target` only when that went well."""
    folder = Path(tempfile.mkdtemp(prefix="unfinished-", dir=CACHE))
    try:
        yield folder
        folder.chmod(0o755)
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
