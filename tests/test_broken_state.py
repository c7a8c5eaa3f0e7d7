"""Bad input and broken state: a non-zero exit, one clear line, and nothing of the user's lost."""

import re
import socket
import stat
from pathlib import Path

import pytest

from tests.conftest import Containerised, Project, Render, only

STALE = "uv.lock is out of date with pyproject.toml: make lock"


def snapshot(project: Project) -> dict[str, bytes]:
    """What belongs to the user: all but the environment and caches."""
    return {
        str(path.relative_to(project.folder)): path.read_bytes()
        for path in project.folder.rglob("*")
        if path.is_file()
        and not {".venv", ".ruff_cache", "__pycache__"}
        & set(path.relative_to(project.folder).parts)
    }


def refused(project: Project, *arguments: str, **env: str) -> str:
    """Run a make command that has to fail and to change nothing; return its last line."""
    before = snapshot(project)
    result = project.make(*arguments, check=False, **env)
    assert result.code, result.output
    assert snapshot(project) == before
    return result.last_line


@pytest.mark.parametrize("target", ["install", "check", "run"])
def test_a_lock_out_of_date(project: Project, target: str) -> None:
    project.replace("pyproject.toml", '"typer",', '"typer",\n    "rich",')
    assert refused(project, target) == STALE
    project.make("lock", "install")


def test_a_tampered_hash(project: Project) -> None:
    lock = project.read("uv.lock")
    start = lock.index("sha256:", lock.index('name = "typer"\nversion'))
    tampered = lock[:start] + "sha256:" + "0" * 64 + lock[start + 71 :]
    wheel = tampered.index("sha256:", tampered.index("wheels = [", start))
    project.write("uv.lock", tampered[:wheel] + "sha256:" + "0" * 64 + tampered[wheel + 71 :])
    project.make("install", check=False)
    result = project.make("install", check=False)
    assert result.code
    assert "Hash mismatch" in result.output


def test_no_uv_and_no_engine(project: Project, tmp_path: Path) -> None:
    tools = ["make", "sh", "sed", "git", "grep", "cat", "cp", "awk", "dirname", "env"]
    path = only(tmp_path / "bin", *tools)
    project.write(".env", project.read(".env.example"))
    for target in ("install", "check", "build", "up", "down"):
        line = refused(project, target, PATH=path)
        assert line == (
            "neither uv nor a container engine is on this machine: install uv or Docker or Podman"
        )
    for target in ("outdated", "update"):
        line = refused(project, target, PATH=path)
        assert line.startswith("uv is not on this machine: https://")


def test_no_engine_beside_uv(project: Project, tmp_path: Path) -> None:
    path = only(tmp_path / "bin", "make", "sh", "sed", "git", "grep", "uv", "dirname")
    line = refused(project, "build", PATH=path)
    assert line == "no container engine is on this machine: install Docker or Podman"


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_an_engine_that_does_not_run(project: Project, tmp_path: Path, name: str) -> None:
    path = only(tmp_path / "bin", "make", "sh", "sed", "git", "grep", "dirname", "env")
    engine = tmp_path / "bin" / name
    engine.write_text("#!/bin/sh\necho Cannot connect >&2\nexit 1\n")
    engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
    line = f"{name} is installed but does not answer: start it"
    assert refused(project, "build", PATH=path) == line
    assert refused(project, "build", f"ENGINE={name}", PATH=path) == line


def test_an_env_file_that_is_missing(project: Project) -> None:
    project.make("install")
    assert refused(project, "run") == ".env is missing: make start"


@pytest.mark.parametrize(
    "line",
    [
        'GREETING="Hello"',
        "GREETING='Hello'",
        "export GREETING=Hello",
        "GREETING=Hello # a comment",
        "GREETING=Hello World",
        "GREETING=$HOME",
        "GREETING=a\\b",
        "GREETING=`id`",
        "GREETING = Hello",
        "GREETING",
        "GREETING=Hello\r",
    ],
)
def test_an_env_line_that_programs_read_differently(project: Project, line: str) -> None:
    project.write(".env", f"# first\n{line}\n")
    before = snapshot(project)
    result = project.make("run", check=False)
    assert result.code
    assert f"2:{line}".rstrip() in result.output
    assert result.last_line.startswith(".env: the lines above are read differently")
    assert snapshot(project) == before


def test_an_env_line_that_programs_read_differently_starts_no_container(
    containerised: Containerised,
) -> None:
    project = containerised(app_name="misread")
    project.write(".env", 'GREETING="Hello"\n')
    result = project.make("up", check=False)
    assert result.code
    assert '1:GREETING="Hello"' in result.output
    assert result.last_line.startswith(".env: the lines above are read differently")


@pytest.mark.parametrize("value", ["a#b", "a=b", "", "https://u:p@example.org/?q=1&r=%20", "ünï"])
def test_an_env_value_that_all_programs_read_alike(project: Project, value: str) -> None:
    project.write(".env", f"\n# comment with 'quotes' and $\n\nGREETING=Hello\nOTHER={value}\n")
    project.make("start")
    printed = project.run(
        "uv", "run", "--env-file=.env", "python", "-c", "import os; print(os.environ['OTHER'])"
    )
    assert printed.output == f"{value}\n"
    assert project.make("run").last_line == "Hello, World!"


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ("LOG_LEVEL=INFO\n", "GREETING: Field required"),
        ("GREETING=\n", "GREETING: String should have at least 1 character"),
        (
            "GREETING=Hello\nLOG_LEVEL=LOUD\n",
            "LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'",
        ),
    ],
)
def test_a_setting_that_is_missing_or_wrong(project: Project, env: str, line: str) -> None:
    project.make("install")
    project.write(".env", env)
    assert refused(project, "run") == line


def test_a_port_that_is_taken(render: Render, native_python: str) -> None:
    project = render(python_version=native_python, kind="service")
    project.make("start")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(project, "run", f"PORT={port}")
    assert line.startswith(f"PORT: {port} on 127.0.0.1 can't be used (Address already in use")
    assert line.endswith(f"make run PORT={port + 1}")


def test_a_python_that_cannot_be_had(project: Project) -> None:
    project.write(".python-version", "3.99\n")
    line = refused(project, "install")
    assert line.startswith(
        "Python 3.99 is not on this machine and can't be fetched: install it, or"
    )
    assert "uvx copier update -d python_version=" in line


def test_an_image_that_was_not_built(containerised: Containerised) -> None:
    project = containerised(app_name="not-built")
    project.write(".env", project.read(".env.example"))
    assert refused(project, "up") == "there is no image not-built:latest: make build"


def test_building_with_a_lock_out_of_date(containerised: Containerised, native_python: str) -> None:
    project = containerised(app_name="stale", python_version=native_python)
    project.replace("pyproject.toml", '"typer",', '"typer",\n    "rich",')
    assert refused(project, "build") == STALE


def unsure(project: Project) -> Project:
    """The same project where the uv of the machine can't tell, and the builder has to."""
    (project.folder / "bin").mkdir()
    (project.folder / "bin/uv").write_text("#!/bin/sh\nexit 2\n")
    (project.folder / "bin/uv").chmod(0o755)
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
    assert result.last_line.endswith("where uv.lock needs to be updated: make lock")


def test_building_with_a_tampered_hash(containerised: Containerised) -> None:
    project = containerised(app_name="tampered")
    project.write("uv.lock", re.sub(r"sha256:\w{8}", "sha256:00000000", project.read("uv.lock")))
    result = project.make("build", check=False)
    assert result.code
    assert "Hash mismatch" in result.output
    assert result.last_line.startswith("the image was not built: the error above says why")


def test_starting_on_a_port_that_is_taken(containerised: Containerised) -> None:
    project = containerised(app_name="taken", kind="service")
    project.make("build")
    project.write(".env", project.read(".env.example"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(project, "up", f"PORT={port}")
    assert f"where port {port} is taken, choose another: make up PORT={port + 1}" in line


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        ("Dockerfile", "PYTHON_IMAGE=python:3.14", "PYTHON_IMAGE=python:3.13", "PYTHON_IMAGE is"),
        ("Dockerfile", "-python3.14-", "-python3.13-", "No interpreter found for Python 3.14"),
        (".python-version", "3.14", "3.13", "No interpreter found for Python 3.13"),
        ("pyproject.toml", "==3.14.*", "==3.13.*", "==3.13.*"),
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
    assert said in result.output
    assert result.last_line.startswith("the image was not built: the error above says why")
