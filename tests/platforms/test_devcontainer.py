"""The dev container: what an editor starts is ready to work in, and leaves this machine alone."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.support.containers import Containerised
from tests.support.engine import Engine
from tests.support.project import Project, npx
from tests.support.run.left_out import leave_out


@pytest.fixture
def project(
    engine: Engine, containerised: Containerised, native_python: str, worker_id: str
) -> Project:
    """A clone that belongs to somebody else than root."""
    if engine.name != "docker":
        leave_out("dev containers are started with Docker here", "make check ENGINE=docker")
    project = containerised(
        app_name=f"opened-{worker_id}",
        dev_tools=["coverage", "hooks", "devcontainer"],
        python_version=native_python,
    )
    project.commit()
    if os.getuid() == 0:
        project.run("chown", "-R", "1000:1000", ".")
    return project


@pytest.fixture
def devcontainer(project: Project, engine: Engine, worker_id: str) -> Iterator[Callable[..., str]]:
    """The program that editors use for dev containers."""
    label = f"opened={worker_id}"

    def devcontainer(what: str, *command: str) -> str:
        options = ("--workspace-folder=.", f"--id-label={label}")
        return npx(project, "@devcontainers/cli@0.89.0", what, *options, *command).output

    yield devcontainer
    started = project.run(engine.name, "ps", "--all", "--quiet", f"--filter=label={label}").output
    project.run(engine.name, "rm", "--force", *started.split())


@pytest.mark.slow
def test_a_dev_container_is_ready_to_work_in(
    project: Project, devcontainer: Callable[..., str]
) -> None:
    devcontainer("up")
    assert (project.folder / ".git/hooks/pre-push").exists(), "git works in there"
    assert "passed" in devcontainer("exec", "make", "check")
    assert not (project.folder / ".venv").exists(), "its environment is its own"
