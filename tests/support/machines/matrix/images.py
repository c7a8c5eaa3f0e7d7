"""The base images for a row's own engine, where it can't pull them: those of the throwaway engine."""

import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.support.engine import PYTHON_IMAGE, UV_IMAGE, acquire, provide_base, reachable, release
from tests.support.engine.stand_ins import SUITES, recipe


def base_images(folder: Path) -> Path | None:
    """Return an archive of all that can be made, kept in `folder`; None if they can be pulled."""
    if reachable("registry-1.docker.io") and reachable("ghcr.io"):
        return None
    uv_version = version("uv")
    archive = folder / f"images-{recipe()}-{uv_version}.tar"
    if not archive.exists():
        for old in folder.glob("images-*"):
            old.unlink()
        part = Path(f"{archive}.part")
        engine = acquire("docker")
        try:
            names = [
                image.format(python=python, uv_version=uv_version, debian="trixie")
                for python in SUITES
                if provide_base(engine, python, uv_version)
                for image in (PYTHON_IMAGE, UV_IMAGE)
            ]
            with part.open("wb") as file:
                save = ["docker", "save", *names]
                subprocess.run(save, env=engine.env(), stdout=file, check=True)
        finally:
            release(engine)
        part.rename(archive)
    return archive
