"""Docker and Podman next to each other; tests/containers has what each of them does alone."""

from dataclasses import replace

import pytest

from tests.conftest import Containerised, Project
from tests.engine import Engine, answers

# Each path with its mode and owner; each file's time, too, and its content, or the link's target.
LISTING = r"""
find / -xdev -mindepth 1 \( -path /dev -o -path /proc -o -path /run -o -path /sys -o -path '/etc/host*' \
    -o -path /etc/mtab -o -path /etc/resolv.conf -o -name .dockerenv \) -prune \
    -o -type d -printf '%M %U:%G %p\n' -o -printf '%M %U:%G %T@ %p %l\n' -type f -exec sha256sum {} +
"""


def test_docker_and_podman_build_equal_files(
    containerised: Containerised, engine: Engine, worker_id: str
) -> None:
    engines = [replace(engine, name=name) for name in ("docker", "podman")]
    if not all(map(answers, engines)):
        pytest.skip("Docker and Podman do not both answer here")
    project = containerised(app_name=f"alike-{worker_id}", kind="service")
    project.commit()
    name = f"alike-{worker_id}:alike"
    docker, podman = (listing(project, engine.name, name) for engine in engines)
    assert len(docker) > 5_000
    assert docker ^ podman == set()


def listing(project: Project, engine: str, name: str) -> set[str]:
    """The files of the image that this engine builds."""
    built = Project(project.folder, project.env | {"ENGINE": engine})
    built.make("build", "TAG=alike")
    run = [engine, "run", "--rm", "--user=0", "--network=none", "--entrypoint=sh"]
    lines = built.run(*run, name, "-c", LISTING).output.splitlines()
    built.run(engine, "image", "rm", name)
    return set(lines)
