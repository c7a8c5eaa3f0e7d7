"""Bad input and broken state on an engine: no image, and one line that says why."""

import re
import shutil
import socket
from pathlib import Path

import pytest

from tests.commands.test_broken_state import STALE
from tests.support.containers import Containerised
from tests.support.machines.here import write_script
from tests.support.project import Project, get, refused


def test_an_env_line_that_uv_cannot_read_starts_no_container(
    containerised: Containerised,
) -> None:
    project = containerised(app_name="misread")
    project.write(".env", "GREETING=Hello World\n")
    result = project.make("up", check=False)
    assert result.code
    assert "1:GREETING=Hello World" in result.output
    assert result.last_line.startswith(".env: uv can't read the lines above as they stand")


def test_an_image_that_was_not_built(containerised: Containerised) -> None:
    project = containerised(app_name="not-built")
    project.write(".env", project.read(".env.example"))
    assert (
        refused(project, "up")
        == "there is no image not-built:latest: make build IMAGE=not-built TAG=latest"
    )


def test_building_with_a_lock_out_of_date(containerised: Containerised, native_python: str) -> None:
    project = containerised(app_name="stale", python_version=native_python)
    project.replace("pyproject.toml", '"typer",', '"typer",\n    "rich",')
    assert refused(project, "build") == STALE


def unsure(project: Project) -> Project:
    """The same project where the uv of the machine can't tell, and the builder has to."""
    write_script(project.folder / "bin/uv", "#!/bin/sh\nexit 2\n")
    path = f"{project.folder}/bin:{project.env['PATH']}"
    return Project(project.folder, project.env | {"PATH": path})


def test_building_with_a_lock_out_of_date_where_only_the_builder_can_tell(
    containerised: Containerised,
) -> None:
    project = containerised(app_name="stale")
    project.replace("pyproject.toml", '"typer",', '"typer",\n    "rich",')
    result = unsure(project).make("build", check=False)
    assert result.code
    assert "`uv.lock` needs to be updated" in result.output
    assert result.last_line == "the image was not built: the error above says why"


def test_building_with_a_tampered_hash(containerised: Containerised) -> None:
    project = containerised(app_name="tampered")
    project.write("uv.lock", re.sub(r"sha256:\w{8}", "sha256:00000000", project.read("uv.lock")))
    result = project.make("build", check=False)
    assert result.code
    assert "Hash mismatch" in result.output
    assert result.last_line.startswith("the image was not built: the error above says why")


def test_what_is_said_of_a_package_of_this_repository_is_all_there_is_to_do(
    containerised: Containerised, native_python: str
) -> None:
    project = containerised(app_name="local", python_version=native_python)
    [requires] = re.findall(r"^requires = .*", project.read("pyproject.toml"), re.MULTILINE)
    project.write(
        "lib/pyproject.toml",
        f'[project]\nname = "lib1"\nversion = "1"\n[build-system]\n{requires}\n'
        'build-backend = "uv_build"\n',
    )
    project.write("lib/src/lib1/__init__.py", 'NAME = "Ada"\n')
    project.run("uv", "add", "--quiet", "./lib")
    project.replace("src/local/cli.py", "import typer\n", "import typer\nfrom lib1 import NAME\n")
    project.replace("src/local/cli.py", '= "World"', "= NAME")
    command, _, written = refused(project, "build").partition("see: ")[2].partition(", and write ")
    line, _, above = written.partition(" above the first ")
    project.run("sh", "-c", command)
    text = project.read("Dockerfile")
    at = text.rindex("\n", 0, text.index("RUN --mount", text.index("AS dependencies"))) + 1
    assert above.startswith("uv sync of Dockerfile")
    project.write("Dockerfile", f"{text[:at]}{line}\n{text[at:]}")
    project.write(".env", "GREETING=Hello\n")
    assert project.make("build", "up").last_line == "Hello, Ada!"


def test_starting_on_a_port_that_is_taken(containerised: Containerised) -> None:
    project = containerised(app_name="taken", kind="service")
    project.make("build")
    project.write(".env", project.read(".env.example"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(project, "up", f"PORT={port}")
    assert f"port {port} is taken; another: make up PORT={port + 1}" in line
    for host in ("192.0.2.1", "nowhere"):
        line = refused(project, "up", f"PORT={port}", f"BIND_HOST={host}")
        no_address = f"BIND_HOST={host} is no address of this machine: 127.0.0.1, or 0"
        assert line.startswith(f"taken did not start: {no_address}")
    line = refused(project, "up", f"PORT={port}", "RUN_FLAGS=--memory 1")
    assert line == "taken did not start: the error above says why"


def test_two_clones_do_not_take_each_other_s_container(
    containerised: Containerised, port: int, tmp_path: Path
) -> None:
    first = containerised(app_name="twice", kind="service")
    first.write(".env", f"GREETING=First\nPORT={port}\n")
    first.make("build", "up")
    second = Project(shutil.copytree(first.folder, tmp_path / "second clone"), first.env)
    for command in ("up", "down", "logs"):
        line = refused(second, command)
        assert line == f"the container twice is of another folder: make -C '{first.folder}' down"
    assert get(f"http://127.0.0.1:{port}/") == {"message": "First, World!"}
    # What it says is all there is to do.
    second.run("sh", "-c", line.partition(": ")[2])
    second.make("up", "down")
    # Of a folder that is gone, nobody else would stop it.
    second.make("up")
    second.folder.rename(tmp_path / "moved")
    first.make("up", "down")


@pytest.mark.sample
@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("Dockerfile", "PYTHON_IMAGE=python:3.14", "PYTHON_IMAGE=python:3.13", "PYTHON_IMAGE is"),
        ("Dockerfile", "-python3.14-", "-python3.13-", "No interpreter found for Python 3.14"),
        (".python-version", "3.14", "3.13", "No interpreter found for Python 3.13|PYTHON_IMAGE is"),
        ("pyproject.toml", "==3.14.*", "==3.13.*", r"==3\.13\.\*"),
        ("uv.lock", "==3.14.*", "==3.13.*", "needs to be updated"),
    ],
)
def test_a_place_that_names_another_python_fails_the_build(
    containerised: Containerised, worker_id: str, path: str, old: str, new: str, said: str
) -> None:
    project = containerised(app_name=f"mismatch-{worker_id}")
    containerised(app_name=f"mismatch-{worker_id}", python_version="3.13")  # its base images
    project.replace(path, old, new)
    result = unsure(project).make("build", check=False)
    assert result.code
    assert re.search(said, result.output), "of two stages that are built at once"
    assert result.last_line.startswith("the image was not built: the error above says why")
