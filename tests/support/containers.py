"""Projects whose commands find that engine, and machines that are containers of it."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.answers import DEFAULT_PYTHON, UV_VERSION
from tests.support.engine import PYTHON_IMAGE, Engine, provide_base
from tests.support.machines.here import busybox
from tests.support.machines.rootless import hand_over
from tests.support.network.registry import serve
from tests.support.project import Project, Render, Result
from tests.support.run.left_out import leave_out


class Containerised(Protocol):
    """Render a project whose commands find the engine and its base images.

    One engine serves all workers: an application that several tests start has `worker_id` in its name.
    """

    def __call__(self, **answers: object) -> Project:
        """Return the rendered project."""
        ...


@pytest.fixture(scope="session")
def containerised(engine: Engine, render: Render) -> Iterator[Containerised]:
    """Projects for the container tests; what they started is removed afterwards."""
    started: list[tuple[Project, str]] = []

    def containerised(**answers: object) -> Project:
        python = str(answers.get("python_version", DEFAULT_PYTHON))
        if not provide_base(engine, python, UV_VERSION):
            leave_out(
                f"the base images for Python {python} can be neither pulled nor made",
                f"{engine.name} pull {PYTHON_IMAGE.format(python=python, debian='trixie')}",
            )
        project = render(**answers)
        project.folder = hand_over(project.folder, engine)
        # What runs on both engines has both this machine's utilities and those of Alpine.
        utilities = busybox() if engine.name == "podman" else ""
        searched = [str(engine.bin or ""), utilities, project.env["PATH"]]
        first = os.pathsep.join(filter(None, searched))
        project.env = project.env | {"PATH": first, "ENGINE": engine.name}
        if engine.name == "podman" and os.getuid():  # whose images are in the home of that user
            where = {"XDG_DATA_HOME": str(Path.home() / ".local/share")} | dict(os.environ)
            kept = {"XDG_DATA_HOME", "XDG_RUNTIME_DIR"} & where.keys()
            project.env |= {name: where[name] for name in kept}
        started.append((project, str(answers.get("app_name", "my-app"))))
        return project

    yield containerised
    for project, name in started:
        project.run(engine.name, "rm", "--force", name, check=False)
        project.run(engine.name, "image", "rm", "--force", name, check=False)


# A machine with make, git and one of the base images, and with no container engine.
MACHINE = """\
FROM {base}
RUN apt-get update -q && apt-get install -qy --no-install-recommends git make python3-venv
"""


@dataclass(frozen=True)
class Machine:
    """A fresh machine, as a container: nothing stays of it when a command is done."""

    project: Project
    image: str

    def run(self, folder: Path, *command: str) -> Result:
        """Run a command in a copy of that folder."""
        home = f"--volume={folder}:/copied:ro"
        script = 'cp -r /copied "/the copy" && cd "/the copy" && exec "$@"'
        run = [self.project.env["ENGINE"], "run", "--rm", home, self.image, "sh", "-c", script, "-"]
        return self.project.run(*run, *command)


@pytest.fixture(scope="session")
def fresh_machine(
    containerised: Containerised, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str], Machine]:
    """Make a machine of a base image: "python:..." is without uv, "ghcr.io/..." with it."""

    def fresh_machine(base: str) -> Machine:
        name = f"machine-{worker_id}-{hashlib.sha256(base.encode()).hexdigest()[:8]}"
        owner = containerised(app_name=name)
        folder = tmp_path_factory.mktemp("machine")
        (folder / "Dockerfile").write_text(MACHINE.format(base=base))
        owner.run(owner.env["ENGINE"], "build", "--quiet", f"--tag={name}", str(folder))
        return Machine(owner, name)

    return fresh_machine


@pytest.fixture(scope="session")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry on the loopback."""
    with serve(engine, tmp_path_factory.mktemp("registry")) as address:
        yield address
