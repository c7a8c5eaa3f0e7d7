"""What the tests of the image share; each of them runs on Docker and on Podman."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from tests.rendering.adopting.existing import copy, existing_project
from tests.support.answers import DEFAULT_PYTHON
from tests.support.containers import Containerised
from tests.support.engine import Engine
from tests.support.engine_choice import ENGINE
from tests.support.network.base_images import PYTHON_TAG, UV_TAG, publish_copy
from tests.support.network.registry import without_tls
from tests.support.project import Project

KINDS = ["cli", "service", "adopted"]
ENGINES = ["docker", "podman"]
ROOTLESS = ["rootless_docker", "rootless_podman"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on the engine that was found, where it does not say on which engines.

    With ALL=1 on Docker and on Podman, but for what only reads the image, which is marked
    `any_engine`: test_all_engines_alike.py compares the files.
    A parameter of the one fixture, and not another fixture of its name, which would be handed what
    tests elsewhere have made on their engine.
    """
    said = metafunc.definition.iter_markers("parametrize")
    if "engine" in metafunc.fixturenames and not any("engine" in mark.args[0] for mark in said):
        found = metafunc.config.stash.get(ENGINE, None)
        either = metafunc.definition.get_closest_marker("any_engine")
        one = either or not metafunc.config.option.all
        engines = [found.name] if found and one else ENGINES
        metafunc.parametrize("engine", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def service(containerised: Containerised, worker_id: str) -> Project:
    """A service with its image."""
    return built(containerised, f"service-{worker_id}", "service")


@pytest.fixture(scope="session")
def cli(containerised: Containerised, worker_id: str) -> Project:
    """A command-line application with its image."""
    return built(containerised, f"cli-{worker_id}", "cli")


@pytest.fixture(scope="session")
def adopting(
    containerised: Containerised,
    template: Path,
    native_python: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Project]:
    """Make an existing service of that name, into which this template came."""

    def adopting(name: str) -> Project:
        folder, env = tmp_path_factory.mktemp("existing"), containerised(app_name=name).env
        project = existing_project(folder, env, name, "service", DEFAULT_PYTHON, native_python)
        answers = {"app_name": name, "kind": "service", "python_version": DEFAULT_PYTHON}
        copy(project, template, answers)
        return project

    return adopting


@pytest.fixture(scope="session")
def adopted(adopting: Callable[[str], Project], worker_id: str) -> Project:
    """An adopted service with its image."""
    return with_image(adopting(f"adopted-{worker_id}"))


@pytest.fixture(scope="session", params=KINDS)
def either(request: pytest.FixtureRequest, engine: Engine) -> Project:
    """One of each kind, of which only what a test takes is built, for each engine."""
    return cast("Project", request.getfixturevalue(request.param))


@pytest.fixture(scope="session")
def plain_http(registry: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which that registry is used, by either engine."""
    return without_tls(registry, tmp_path_factory.mktemp("registries"))


@pytest.fixture(scope="session")
def mirrored_images(
    containerised: Containerised, registry: str, plain_http: dict[str, str], worker_id: str
) -> dict[str, str]:
    """The base images in that registry, as `make` takes their names."""
    owner = containerised(app_name=f"mirrored-{worker_id}")
    owner.env = owner.env | plain_http
    images = {
        "UV_IMAGE": (f"ghcr.io/astral-sh/uv:{UV_TAG}", f"{registry}/uv:{UV_TAG}"),
        "PYTHON_IMAGE": (
            f"docker.io/library/python:{PYTHON_TAG}",
            f"{registry}/python:{PYTHON_TAG}",
        ),
    }
    for official, name in images.values():
        publish_copy(owner, official, name)
        # It has to come from there.
        run_engine(owner, "image", "rm", name, check=False)
    return {variable: name for variable, (_, name) in images.items()}


def built(containerised: Containerised, name: str, kind: str) -> Project:
    """A project with one commit, settings and an image."""
    source_url = "https://git.example.org/ada/app"
    return with_image(containerised(app_name=name, kind=kind, source_url=source_url))


def with_image(project: Project) -> Project:
    """The same project with one commit, settings and an image."""
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
    """The name of the Python package that holds its command."""
    [found] = re.findall(r'\[project\.scripts\]\n\S+ = "(\w+)', project.read("pyproject.toml"))
    return str(found)


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
