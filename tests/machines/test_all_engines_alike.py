"""Engines next to each other; tests/containers has what each of them does alone."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.answers import DEFAULT_PYTHON, UV_VERSION
from tests.support.containers import Containerised
from tests.support.engine import Engine, provide_base
from tests.support.engine_choice import named
from tests.support.machines.rootless import hand_over
from tests.support.project import Project

# Each path with its mode and owner; each file's time, too, and its content, or the link's target.
LISTING = r"""
find / -xdev -mindepth 1 \( -path /dev -o -path /proc -o -path /run -o -path /sys -o -path '/etc/host*' \
    -o -path /etc/mtab -o -path /etc/resolv.conf -o -name .dockerenv \) -prune \
    -o -type d -printf '%M %U:%G %p\n' -o -printf '%M %U:%G %T@ %p %l\n' -type f -exec sha256sum {} +
"""


@pytest.mark.slow
def test_all_engines_build_equal_files(
    containerised: Containerised,
    engine: Engine,
    request: pytest.FixtureRequest,
    worker_id: str,
    tmp_path: Path,
) -> None:
    """And Podman equal images: Docker's older store sorts a layer in another way where it is rootless."""
    project = containerised(app_name=f"alike-{worker_id}", kind="service")
    project.commit()
    files, images = dict[str, set[str]](), dict[str, str]()
    for name in ("docker", "podman", "rootless_docker", "rootless_podman"):
        with named(name, engine, request.config) as each:
            files[name], images[name] = built(project, each, tmp_path / name)
        assert len(files[name]) > 5_000
        assert files[name] ^ files["docker"] == set(), name
    assert images["podman"] == images["rootless_podman"]


def built(project: Project, engine: Engine, folder: Path) -> tuple[set[str], str]:
    """The files of the image that this engine builds, and its ID."""
    assert provide_base(engine, DEFAULT_PYTHON, UV_VERSION)
    copied = hand_over(shutil.copytree(project.folder, folder, symlinks=True), engine)
    path = f"{engine.bin or ''}{os.pathsep}{project.env['PATH']}"
    there = Project(copied, project.env | {"PATH": path, "ENGINE": engine.name})
    name = f"{project.folder.name}:alike"
    there.make("build", f"IMAGE={project.folder.name}", "TAG=alike")
    run = [engine.name, "run", "--rm", "--user=0", "--network=none", "--entrypoint=sh"]
    files = there.run(*run, name, "-c", LISTING).output.splitlines()
    image = there.run(engine.name, "image", "inspect", "--format={{.Id}}", name).output.strip()
    there.run(engine.name, "image", "rm", name)
    return set(files), image
