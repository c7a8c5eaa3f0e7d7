"""The base images for a row's own engine, where it can't pull them: those of the throwaway engine."""

import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.support.engine import PYTHON_IMAGE, UV_IMAGE, acquire, provide_base, reachable, release
from tests.support.engine.stand_ins import SUITES, recipe

from .roots import MATRIX


def base_images() -> Path | None:
    """Return an archive of all that can be made; None where the registries can be reached."""
    if reachable("registry-1.docker.io") and reachable("ghcr.io"):
        return None
    uv_version = version("uv")
    archive = MATRIX / f"images-{recipe()}-{uv_version}.tar"
    if not archive.exists():
        for old in MATRIX.glob("images-*"):
            old.unlink()
        engine = acquire("docker")
        try:
            names = [
                image.format(python=python, uv_version=uv_version, debian="trixie")
                for python in SUITES
                if provide_base(engine, python, uv_version)
                for image in (PYTHON_IMAGE, UV_IMAGE)
            ]
            with Path(f"{archive}.part").open("wb") as part:
                subprocess.run(
                    ["docker", "save", *names], env=engine.env(), stdout=part, check=True
                )
            Path(f"{archive}.part").rename(archive)
        finally:
            release(engine)
    return archive
