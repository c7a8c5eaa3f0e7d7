"""What the tests of the image share; each of them runs on Docker and on Podman."""

import json
import re
from typing import Any

import pytest

from tests.conftest import Containerised, Project

KINDS = ["cli", "service"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on Docker and on Podman.

    A parameter of the one fixture, and not another fixture of its name, which would be handed what
    tests elsewhere have made on their engine.
    """
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", ["docker", "podman"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def service(containerised: Containerised, worker_id: str) -> Project:
    """A service with its image."""
    return built(containerised, f"service-{worker_id}", "service")


@pytest.fixture(scope="session")
def cli(containerised: Containerised, worker_id: str) -> Project:
    """A command-line application with its image."""
    return built(containerised, f"cli-{worker_id}", "cli")


@pytest.fixture(scope="session", params=KINDS)
def either(request: pytest.FixtureRequest, cli: Project, service: Project) -> Project:
    """One of each kind."""
    return {"cli": cli, "service": service}[request.param]


@pytest.fixture(scope="session")
def plain_http(registry: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which Podman talks to a registry without TLS, as Docker does on a loopback."""
    conf = tmp_path_factory.mktemp("registries") / "registries.conf"
    conf.write_text(f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n')
    return {"CONTAINERS_REGISTRIES_CONF": str(conf)}


def built(containerised: Containerised, name: str, kind: str) -> Project:
    """A project with one commit, settings and an image."""
    project = containerised(app_name=name, kind=kind, source_url="https://git.example.org/ada/app")
    project.commit()
    project.write(".env", "GREETING=Ahoy\n")
    project.make("build")
    return project


def run_engine(project: Project, *arguments: str, check: bool = True) -> str:
    """What the engine itself prints."""
    return project.run(project.env["ENGINE"], *arguments, check=check).output


def app_name(project: Project) -> str:
    """The name of the application and its image."""
    found = re.search(r'^name = "(.*)"', project.read("pyproject.toml"), re.MULTILINE)
    assert found
    return found[1]


def package(project: Project) -> str:
    """The name of its Python package."""
    return app_name(project).replace("-", "_")


def inspect(project: Project, what: str = "") -> Any:
    """What the engine says of an image, or of the application's."""
    return json.loads(run_engine(project, "image", "inspect", what or app_name(project)))[0]


def layers(project: Project) -> list[str]:
    """The layers of the application's image, from the base up."""
    listed: list[str] = inspect(project)["RootFS"]["Layers"]
    return listed


def inside(project: Project, script: str) -> str:
    """What a shell script prints in a new container of the image."""
    return project.make("shell", stdin=script).output
