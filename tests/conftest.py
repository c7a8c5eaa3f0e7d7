"""What the tests share: how a project is rendered and used, on which machine and engine.

`project` renders without trust, as people do, and runs commands in the result as a newcomer's
shell would: with make, git, the locked uv and this machine's Pythons on PATH, and nothing else set.
"""

import shutil
import socket
import subprocess
from pathlib import Path
from typing import cast

import copier
import pytest
from uv import find_uv_bin

from tests.support.answers import ANSWERS, TEMPLATE
from tests.support.machines.here import environment
from tests.support.project import Project, Render
from tests.support.run import copier_once

PLUGINS = "containers engine_choice history machines.pythons"
RUN = "progress report schedule selection"
pytest_plugins = [
    *(f"tests.support.{name}" for name in PLUGINS.split()),
    *(f"tests.support.run.{name}" for name in RUN.split()),
]


@pytest.fixture(scope="session", autouse=True)
def compiled_once(machine: dict[str, str]) -> None:
    """Render quicker here, too, and not only by its command."""
    copier_once.patch(Path(machine["HOME"]) / ".cache/jinja")


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a newcomer on this machine: an empty home, and no settings.

    But one: mypy reads the standard library for the first project only, not for each.
    """
    home = tmp_path_factory.mktemp("home")
    return environment(home, uv_cache()) | {"MYPY_CACHE_DIR": f"{home}/mypy"}


def uv_cache() -> Path:
    """Return the user's own uv cache: packages are fetched once, not once for each test run."""
    command = [find_uv_bin(), "cache", "dir"]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


@pytest.fixture(scope="session")
def template(machine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This template as its next release: the files as they are now, committed and tagged."""
    release = Project(tmp_path_factory.mktemp("template"), machine)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=TEMPLATE, text=True).rstrip("\0").split("\0"):
        if (TEMPLATE / name).exists():
            (release.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TEMPLATE / name, release.folder / name)
    release.commit()
    release.git("tag", "v999.0.0")
    release.git("gc", "--quiet")  # each render clones it
    return release.folder


@pytest.fixture(scope="session")
def render(
    template: Path, machine: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Render:
    """Render without trust, into a new folder; equal answers are rendered once, and copied."""
    rendered: dict[str, Path] = {}

    def render(**answers: object) -> Project:
        name, equal = str(answers.get("app_name", "my-app")), repr(sorted(answers.items()))
        if equal not in rendered:
            rendered[equal] = tmp_path_factory.mktemp(f"rendered-{name}")
            copier.run_copy(str(template), rendered[equal], data=answers, defaults=True, quiet=True)
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(rendered[equal], folder, symlinks=True, dirs_exist_ok=True)
        return Project(folder, machine)

    return render


@pytest.fixture(scope="session", params=ANSWERS)
def rendered(request: pytest.FixtureRequest, render: Render) -> Project:
    """A project to read, for the default answers, for the oddest, and for everything at once."""
    return render(**ANSWERS[request.param])


@pytest.fixture
def project(render: Render, native_python: str) -> Project:
    """A project with default answers, on a Python that this machine has."""
    return render(python_version=native_python)


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return cast("int", free.getsockname()[1])


@pytest.fixture(scope="session")
def worker_id(worker_id: str, testrun_uid: str) -> str:
    """A name that no other worker has, nor a worker of another test run beside this one."""
    return worker_id + testrun_uid[:4]


@pytest.fixture(scope="session")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mirrors of the tests keep what they fetched from PyPI."""
    return tmp_path_factory.mktemp("fetched")
