"""The root file system of a row: made once for each Debian and engine, then copied for each run."""

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.engine.shared import (
    CA_BUNDLE,
    CACHE,
    MMDEBSTRAP,
    debootstrap,
    locked,
    remove,
    unfinished,
)
from tests.support.engine.shell import run, say
from tests.support.engine.throwaway import CONTAINERS_CONF, resolv_conf
from tests.support.machines.here import ROOT as REPOSITORY

from .home import furnish
from .images import base_images
from .rows import DEBIANS, ENGINES, PACKAGES, Row

MATRIX = CACHE / "matrix"
CLONE = "/srv/run-anywhere"
ADD_USER = """--customize-hook=chroot "$1" sh -c '
useradd --uid 1000 --create-home ada
! grep -q ^docker: /etc/group || usermod --append --groups docker ada'"""
PODMAN = """\
#!/bin/sh
PODMAN_IGNORE_CGROUPSV1_WARNING=1 exec /usr/bin/podman "$@"
"""
DAEMONS = {
    "docker-overlay2": {"storage-driver": "overlay2"},
    "docker-containerd": {"features": {"containerd-snapshotter": True}},
}


@contextmanager
def alone() -> Iterator[None]:
    """Keep other runs of the matrix out, and remove what one that was killed has left."""
    MATRIX.mkdir(parents=True, exist_ok=True)
    with (MATRIX / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for stale in MATRIX.glob("row-*"):
            remove(stale)
        yield


@contextmanager
def root_of(row: Row, cold: bool) -> Iterator[Path]:
    """Give a copy of the row's root file system, with a clone of what is committed here, for one run.

    uv's cache moves in and out again, so that packages can be linked from it; not if `cold`.
    """
    doing = "preparing a root file system"
    original = _original(row)
    root = Path(tempfile.mkdtemp(prefix="row-", dir=MATRIX))
    home, clone, cache = (root / f".{name}" for name in (row.home_folder, CLONE, row.uv_cache))
    kept = MATRIX / f"uv-{row.user}"
    try:
        run("cp", "--archive", "--reflink=auto", f"{original}/.", root, doing=doing)
        _configure(root, row)
        if row.home == "settings":
            furnish(home)
        run("git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, clone, doing=doing)
        cache.mkdir(parents=True)
        run("chown", "--recursive", f"--reference={home}", home, clone, cache, doing=doing)
        if kept.exists() and not cold:
            kept.rename(cache)
        yield root
    finally:
        if cache.exists() and not cold:
            cache.rename(kept)
        shutil.rmtree(root)


def _original(row: Row) -> Path:
    suite, packages = DEBIANS[row.debian][0], f"{PACKAGES},{ENGINES[row.engine]}".rstrip(",")
    recipe = hashlib.sha256(repr((suite, packages, MMDEBSTRAP, ADD_USER)).encode()).hexdigest()
    target = MATRIX / f"root-{suite}-{recipe[:16]}"
    with locked():
        if not target.exists():
            say(f"making a {suite} (once, about a minute)")
            with unfinished(target) as folder:
                debootstrap(suite, packages, folder, ADD_USER, doing=f"making a {suite}")
    return target


def _configure(root: Path, row: Row) -> None:
    """Let it reach what this machine reaches, and its engine run without systemd."""
    apt = run("apt-config", "dump", doing="asking apt for its settings").splitlines()
    files = {
        "etc/resolv.conf": resolv_conf(),
        "etc/hosts": Path("/etc/hosts").read_text(),
        "etc/apt/apt.conf.d/90host": "\n".join(s for s in apt if s.startswith("Acquire::")),
    }
    if CA_BUNDLE.exists():
        files["etc/ssl/certs/ca-certificates.crt"] = CA_BUNDLE.read_text()
    if row.engine in DAEMONS:
        files["etc/docker/daemon.json"] = json.dumps(DAEMONS[row.engine])
    if row.engine == "podman":
        files |= {"etc/containers/containers.conf": CONTAINERS_CONF, "usr/local/bin/podman": PODMAN}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # a link, such as resolv.conf can be, would lead out of it
        path.write_text(f"{text}\n")
        path.chmod(0o755 if text.startswith("#!") else 0o644)
    if ENGINES[row.engine] and row.engine != "throwaway" and (images := base_images(MATRIX)):
        shutil.copy(images, root / "images.tar")
