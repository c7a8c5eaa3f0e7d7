"""The root file system of a row: made once for each Debian and engine, then copied."""

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.engine.shell import run, say
from tests.support.engine.throwaway import (
    CA_BUNDLE,
    CACHE,
    CONTAINERS_CONF,
    MMDEBSTRAP,
    debootstrap,
    locked,
    resolv_conf,
    unfinished,
)

from .home import furnish
from .rows import DEBIANS, ENGINES, Row

MATRIX = CACHE / "matrix"
REPOSITORY = Path(__file__).resolve().parents[2]
CLONE = "/srv/run-anywhere"
# What the suite needs of a machine: git, make, and a Python with venv, which fetches uv.
PACKAGES = "ca-certificates,git,iproute2,make,procps,python3,python3-venv"
ADD_USER = (
    "--customize-hook="
    'chroot "$1" useradd --uid 1000 --create-home --user-group ada && '
    '{ ! grep -q ^docker: "$1/etc/group" || chroot "$1" usermod --append --groups docker ada; }'
)
PODMAN = """\
#!/bin/sh
PODMAN_IGNORE_CGROUPSV1_WARNING=1 exec /usr/bin/podman "$@"
"""


@contextmanager
def alone() -> Iterator[None]:
    """Keep other runs of the matrix out, and remove what one that was killed has left."""
    MATRIX.mkdir(parents=True, exist_ok=True)
    with (MATRIX / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for stale in MATRIX.glob("row-*"):
            shutil.rmtree(stale)
        yield


def user_home(row: Row) -> str:
    """Return the home folder of a row's user, as the row sees it."""
    return "/root" if row.user == "root" else f"/home/{row.user}"


def uv_cache(row: Row) -> str:
    """Return the folder of uv's cache in a row: in the home folder, where that may be written to."""
    return "/var/cache/uv" if row.home == "readonly" else f"{user_home(row)}/.cache/uv"


@contextmanager
def root_of(row: Row, cold: bool) -> Iterator[Path]:
    """Give a copy of the row's root file system, with the repository in it, for one run.

    uv's cache moves in and out again, so that packages can be linked from it; not if `cold`.
    """
    original = _original(row)
    root = Path(tempfile.mkdtemp(prefix="row-", dir=MATRIX))
    try:
        copy = ("cp", "--archive", "--reflink=auto", f"{original}/.", root)
        run(*copy, doing="copying a root file system")
        _configure(root, row)
        if row.home == "settings":
            furnish(root / user_home(row)[1:])
        _clone(root / CLONE[1:])
        kept, cache = MATRIX / f"uv-{row.user}", root / uv_cache(row)[1:]
        cache.parent.mkdir(parents=True, exist_ok=True)
        if kept.exists() and not cold:
            kept.rename(cache)
        else:
            cache.mkdir()
        if row.user != "root":
            owned = (
                root / user_home(row)[1:],
                root / CLONE[1:],
                *([] if kept.exists() else [cache]),
            )
            run("chown", "--recursive", "1000:1000", *owned, doing="handing over the files")
        try:
            yield root
        finally:
            if not cold:
                cache.rename(kept)
    finally:
        shutil.rmtree(root)


def _original(row: Row) -> Path:
    suite, packages = DEBIANS[row.debian], f"{PACKAGES},{ENGINES[row.engine]}".rstrip(",")
    recipe = hashlib.sha256(repr((suite, packages, MMDEBSTRAP, ADD_USER)).encode()).hexdigest()
    target = MATRIX / f"root-{suite}-{recipe[:16]}"
    with locked():
        if not target.exists():
            say(f"making a {suite} for {row.engine} (once, about a minute)")
            with unfinished(target) as folder:
                debootstrap(suite, packages, folder, ADD_USER, doing=f"making a {suite}")
    return target


def _configure(root: Path, row: Row) -> None:
    """Let it reach what this machine reaches, and its engine run without systemd."""
    acquire = run("apt-config", "dump", doing="asking apt for its settings").splitlines()
    daemon: dict[str, object] = {"storage-driver": "overlay2"}
    if row.engine == "docker-containerd":
        daemon = {"features": {"containerd-snapshotter": True}}
    files = {
        "etc/resolv.conf": resolv_conf(),
        "etc/hosts": Path("/etc/hosts").read_text(),
        "etc/apt/apt.conf.d/90host": "\n".join(s for s in acquire if s.startswith("Acquire::")),
    }
    if CA_BUNDLE.exists():
        files["etc/ssl/certs/ca-certificates.crt"] = CA_BUNDLE.read_text()
    if row.engine.startswith("docker"):
        files["etc/docker/daemon.json"] = json.dumps(daemon)
    if row.engine == "podman":
        files |= {"etc/containers/containers.conf": CONTAINERS_CONF, "usr/local/bin/podman": PODMAN}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f"{text}\n")
        path.chmod(0o755 if text.startswith("#!") else 0o644)


def _clone(folder: Path) -> None:
    """Clone what is committed, with its tags; the row's user is the owner."""
    git = ("git", "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(folder))
    run(*git, doing="cloning this repository")
