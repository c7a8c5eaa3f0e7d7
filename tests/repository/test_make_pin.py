"""The template's own `make pin`: what is rendered after it has digests and an exact Python from birth."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import copier
import pytest

from tests.support.answers import DEFAULT_PYTHON, TEMPLATE
from tests.support.containers import Containerised
from tests.support.engine import Engine, answers
from tests.support.network.base_images import PYTHON_TAG, UV_TAG, digest, publish
from tests.support.project import Project
from tests.support.run.left_out import leave_out

# Podman can be told that another registry has the official names; Docker can't.
SERVED = """
[[registry]]
prefix = "{official}"
location = "{registry}/{folder}"
insecure = true
"""


@pytest.fixture
def pinned(
    containerised: Containerised,
    engine: Engine,
    template: Path,
    registry: str,
    tmp_path: Path,
    worker_id: str,
) -> Project:
    """The template after `make pin`, whose images a registry on the loopback has."""
    if not answers(replace(engine, name="podman")):
        leave_out("Podman does not answer here", "install Podman")
    project = containerised(app_name=f"born-{worker_id}")
    conf = tmp_path / "registries.conf"
    served = {"ghcr.io/astral-sh": "astral-sh", "docker.io/library": "library"}
    tables = [
        SERVED.format(official=official, registry=registry, folder=folder)
        for official, folder in served.items()
    ]
    conf.write_text(f'{"".join(tables)}[[registry]]\nlocation = "{registry}"\ninsecure = true\n')
    env = {"ENGINE": "podman", "CONTAINERS_REGISTRIES_CONF": str(conf)}
    copied = shutil.copytree(template, tmp_path / "template")
    repository = Project(copied, project.env | env)
    for name, tag in {"library/python": PYTHON_TAG, "astral-sh/uv": UV_TAG}.items():
        official = f"{'docker.io' if 'python' in name else 'ghcr.io'}/{name}:{tag}"
        publish(repository, official, f"{registry}/{name}:{tag}")
    for folder in (copied / "lock").glob("3.*"):
        if folder.name != DEFAULT_PYTHON:
            shutil.rmtree(folder)
    (copied / ".venv").symlink_to(TEMPLATE / ".venv")
    repository.make("--old-file=.venv/ready", "pin")
    return repository


def born(template: Project, folder: Path, name: str) -> Project:
    """Render what the template would give once its pins are committed."""
    data = {"app_name": name}
    template.git("add", "--all")
    template.git("commit", "--quiet", "--message=pins")
    copier.run_copy(
        str(template.folder), folder / "app", data=data, defaults=True, quiet=True, vcs_ref="HEAD"
    )
    return Project(folder / "app", template.env)


@pytest.mark.slow
def test_renders_are_born_pinned(
    pinned: Project, registry: str, tmp_path: Path, worker_id: str
) -> None:
    project = born(pinned, tmp_path, f"born-{worker_id}")
    assert re.findall(r"^ARG .*_IMAGE=(.*)", project.read("Dockerfile"), re.MULTILINE) == [
        f"ghcr.io/astral-sh/uv:{UV_TAG}@{digest(registry, 'astral-sh/uv', UV_TAG)}",
        f"python:{PYTHON_TAG}@{digest(registry, 'library/python', PYTHON_TAG)}",
    ]
    assert re.fullmatch(rf"{DEFAULT_PYTHON}\.\d+\n", project.read(".python-version"))
    project.write(".env", "GREETING=Ahoy\n")
    assert project.make("build", "up").last_line == "Ahoy, World!"
    assert project.make("pin").last_line == "nothing to change: both images and Python are pinned"


def test_pins_of_another_uv_are_not_used(pinned: Project, tmp_path: Path) -> None:
    pinned.replace(f"lock/{DEFAULT_PYTHON}/images", "/uv:", "/uv:9.")
    project = born(pinned, tmp_path, "my-app")
    assert "@sha256:" not in project.read("Dockerfile")
    assert project.read(".python-version") == f"{DEFAULT_PYTHON}\n"
