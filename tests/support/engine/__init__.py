"""A real container engine for the tests: the host's own, or a throwaway one.

Where Docker or Podman answers, tests use it. Where none does, and we are root on Debian, this
package makes a small Debian with Docker, Podman and a registry in a folder of the user's cache,
starts dockerd in it, and stops it when the tests are done. Nothing is installed into the host.

The engine lives in mount and pid namespaces of its own. It enters its folder by pivot_root, not
by chroot: chroot changes the root of one process, and what the engine starts for `docker exec`
or a health check joins the container's namespaces from the host's root, not from that one.
The pid namespace ends every container with the engine. The network is the host's, so that a
published port is reachable at 127.0.0.1. The commands in `bin` enter those namespaces.

One engine serves the whole machine. The last test run that uses it stops it; a run that was killed
no longer counts, since the system itself drops its lock.

Base images come from their registries, or are made from Debian's packages (stand_ins.py).
"""

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import shared, stand_ins, throwaway
from .shell import EngineError, NoEngine, run, succeeds

__all__ = [
    "PYTHON_IMAGE", "Engine", "EngineError", "NoEngine", "acquire", "answers", "provide_base",
    "reachable", "release",
]  # fmt: skip

PYTHON_IMAGE = "docker.io/library/python:{python}-slim-{debian}"
UV_IMAGE = "ghcr.io/astral-sh/uv:{uv_version}-python{python}-{debian}-slim"


@dataclass(frozen=True)
class Engine:
    """A container engine that answers.

    name: the command, "docker" or "podman".
    bin: the folder to put first on PATH; None for the host's own engine.
    home: the folder of the user whose engine it is; None where that is who runs the tests.
    """

    name: str
    bin: Path | None
    home: Path | None = None

    def env(self) -> dict[str, str]:
        """Return the environment for subprocesses in which `name` is this engine."""
        path = os.environ.get("PATH", os.defpath)
        return {**os.environ, "PATH": f"{self.bin}{os.pathsep}{path}" if self.bin else path}


def acquire(wanted: str = "") -> Engine:
    """Return the engine `wanted`, "docker" or "podman", or the first found.

    NoEngine if there is none; EngineError if the throwaway one does not start.
    """
    for name in [wanted] if wanted else ["docker", "podman"]:
        tool = shutil.which(name)
        if tool and Path(tool).parent != shared.BIN and _is(name, tool):
            return Engine(name, None)
    if not throwaway.possible():
        raise NoEngine(f"no {wanted or 'container engine'} answers: install Docker or Podman")
    with shared.locked():
        shared.use()
        if not shared.pid():
            throwaway.start()
    return Engine(wanted or "docker", shared.BIN)


def _is(name: str, tool: str) -> bool:
    """Whether that command answers, and is what it is called: `docker` may be Podman."""
    said = subprocess.run([tool, "--version"], capture_output=True, text=True).stdout
    return said.lower().startswith(name) and succeeds(tool, "info", timeout=20)


def answers(engine: Engine) -> bool:
    """Whether that engine is there and its daemon, if it has one, runs."""
    return succeeds(engine.name, "info", env=engine.env(), timeout=20)


def release(engine: Engine) -> None:
    """Stop the throwaway engine, unless others use it or a person started it by hand."""
    if engine.bin:
        with shared.locked():
            if not (shared.BY_HAND.exists() or shared.used_by_others()):
                throwaway.stop()


def provide_base(engine: Engine, python: str, uv_version: str, debian: str = "trixie") -> bool:
    """Make sure that both base images for that Python are there; False where they can't be pulled or made.

    They are looked up, else pulled, else (throwaway engine only) made; EngineError if making fails.
    """
    names = {"python": python, "uv_version": uv_version, "debian": debian}
    images = python_image, uv_image = PYTHON_IMAGE.format(**names), UV_IMAGE.format(**names)
    if not engine.bin:
        return all(_has(engine, image) or _pull(engine, image) for image in images)
    with shared.locked():
        # Podman takes its images from Docker there, and an engine beside them from Podman.
        docker = Engine("docker", shared.BIN)
        there = all(
            stand_ins.current(image) or _pull(docker, image) for image in images
        ) or stand_ins.make(python, python_image, uv_version, uv_image)
        if there and engine.bin != shared.BIN and not all(_has(engine, image) for image in images):
            _load(engine, images)
    return there


def _load(engine: Engine, images: tuple[str, ...]) -> None:
    save = f"'{shared.BIN}/podman' save --quiet --multi-image-archive {' '.join(images)}"
    run("sh", "-c", f"{save} | '{engine.bin}/{engine.name}' load", doing="loading the base images")


def _has(engine: Engine, image: str) -> bool:
    return succeeds(engine.name, "image", "inspect", image, env=engine.env())


def _pull(engine: Engine, image: str) -> bool:
    registry = image.partition("/")[0].replace("docker.io", "registry-1.docker.io")
    return reachable(registry) and succeeds(engine.name, "pull", "-q", image, env=engine.env())


@cache
def reachable(registry: str) -> bool:
    """Whether that registry answers."""
    try:
        urllib.request.urlopen(f"https://{registry}/v2/", timeout=5)
    except urllib.error.HTTPError:
        return True  # 401, to those who have not asked for a token
    except OSError:
        return False
    return True
