"""A machine without uv and Python: the same words, in the builder image."""

import os
import shutil
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from tests.containers.conftest import ROOTLESS, app_name, run_engine
from tests.support.answers import DEFAULT_PYTHON, TEMPLATE
from tests.support.containers import Containerised
from tests.support.engine import Engine, throwaway
from tests.support.machines.here import typed_by, without_uv
from tests.support.network.base_images import BUILDER
from tests.support.network.mirror import mirrored, use_mirror
from tests.support.project import Project, doctor, get, serving


@pytest.fixture
def kind() -> str:
    """The kind of the project, where a test does not say it."""
    return "cli"


@pytest.fixture
def bare(
    kind: str,
    containerised: Containerised,
    adopting: Callable[[str], Project],
    tmp_path: Path,
    worker_id: str,
) -> Project:
    """A project on such a machine, in a folder with a space in its name."""
    name = f"bare-{kind}-{worker_id}"
    adopted = kind == "adopted"
    rendered = adopting(name) if adopted else containerised(app_name=name, kind=kind)
    spaced = rendered.folder.with_name(f"a folder {rendered.folder.name}")
    rendered.folder = rendered.folder.rename(spaced)
    path = without_uv(tmp_path / "bin", rendered.env["ENGINE"], rendered.env["PATH"])
    assert not shutil.which("uv", path=path)
    assert not shutil.which("python3", path=path)
    return Project(rendered.folder, rendered.env | {"PATH": path})


def volumes(project: Project) -> list[str]:
    """The volumes that hold what the project has installed."""
    listed = run_engine(project, "volume", "ls", "--format={{.Name}}").split()
    return [name for name in listed if name.startswith(f"{app_name(project)}-")]


def await_end(project: Project) -> None:
    """Return when the container of a command that was stopped is gone, too."""
    [volume] = volumes(project)
    for _ in range(150):
        if not run_engine(project, "ps", "--all", "--quiet", f"--filter=volume={volume}"):
            return
        time.sleep(0.1)
    pytest.fail("a container outlives its command")


@pytest.mark.sample
@pytest.mark.parametrize(
    ("engine", "kind"),
    [("docker", "service"), ("podman", "adopted"), *product(ROOTLESS, ["service"])],
    indirect=["engine"],
)
def test_every_day_without_uv(bare: Project, port: int) -> None:
    bare.make("start")
    assert not (bare.folder / ".venv").exists()
    assert len(volumes(bare)) == 1
    bare.make("check", "format")
    assert doctor(bare, f"PORT={port}")["port"][0] == "ok"
    with serving(bare, port) as url:
        assert get(url) == {"message": "Hello, World!"}
        found = doctor(bare, f"PORT={port}")
    assert found["uv"][0] == "--"
    image = found["python"][1].removeprefix("3.14 wanted, in ")
    assert f"\nARG UV_IMAGE={image}\n" in bare.read("Dockerfile")
    assert {found[row][0] for row in ("python", "engine", "lock", ".env")} == {"ok"}
    assert found["port"][1].startswith(f"port {port} on 127.0.0.1 is taken")
    await_end(bare)
    bare.make("clean")
    assert not volumes(bare)


@pytest.mark.parametrize("engine", ["docker", "rootless_podman"], indirect=True)
def test_what_was_installed_once_is_installed_checked_and_run_offline(bare: Project) -> None:
    bare.make("start")
    [volume] = volumes(bare)
    run_engine(bare, "run", "--rm", f"--volume={volume}:/tmp", BUILDER, "rm", "-r", "/tmp/venv")
    offline = "BUILDER_NETWORK=none"
    assert "+ typer==" in bare.make("install", "check", "format", offline).output
    assert bare.make("run", "ARGS=Ada", offline).last_line == "Hello, Ada!"
    bare.make("clean")


@pytest.mark.any_engine
def test_a_mistake_is_found_without_uv(bare: Project) -> None:
    assert bare.make("run", "ARGS=--unknown", check=False).code
    package = app_name(bare).replace("-", "_")
    bare.write(f"src/{package}/mistake.py", "import os\n")
    refused = bare.make("lint", check=False)
    assert refused.code
    assert "`os` imported but unused" in refused.output
    bare.make("format", "lint")
    bare.replace("pyproject.toml", "dependencies = [", 'dependencies = [\n    "iniconfig",')
    stale = bare.make("check", check=False)
    assert stale.code
    assert stale.last_line == "uv.lock is out of date with pyproject.toml: make lock"
    bare.make("lock", "install")
    assert 'name = "iniconfig"' in bare.read("uv.lock")
    bare.make("clean")


@pytest.mark.any_engine
def test_the_login_of_a_private_index_is_passed_on(bare: Project, fetched: Path) -> None:
    """As uv itself takes it from a person's shell."""
    locks = [TEMPLATE / f"lock/{DEFAULT_PYTHON}/uv.lock", TEMPLATE / "uv.lock"]
    with mirrored(locks, fetched, login="ada:lovelace") as mirror:
        use_mirror(bare, mirror)
        refused = bare.make("lock", check=False)
        login = {"UV_INDEX_COMPANY_USERNAME": "ada", "UV_INDEX_COMPANY_PASSWORD": "lovelace"}
        Project(bare.folder, bare.env | login).make("lock", "install", "DEV=0")
    assert refused.code
    assert "401 Unauthorized" in refused.output
    assert mirror.url in bare.read("uv.lock")
    assert "lovelace" not in bare.read("uv.lock")
    bare.make("clean")


@pytest.mark.sample
@pytest.mark.parametrize("engine", ["docker", *ROOTLESS], indirect=True)
def test_files_belong_to_who_typed_the_command(
    bare: Project, engine: Engine, tmp_path: Path
) -> None:
    """To a user who is not root; where root uses Docker, `id` says who that is."""
    root = os.getuid() == 0
    if root and not engine.home:
        typed_by(throwaway.USER, tmp_path / "bin")
        for path in [bare.folder, *bare.folder.rglob("*")]:
            os.chown(path, throwaway.USER, throwaway.USER, follow_symlinks=False)
    bare.make("install", "test", "lock")
    (bare.folder / "uv.lock").unlink()
    bare.make("lock")
    owners = {path.stat().st_uid for path in bare.folder.rglob("*")}
    assert owners == {throwaway.USER if root else os.getuid()}
    bare.make("clean")


@pytest.mark.any_engine
def test_native_and_container_leave_each_other_alone(
    bare: Project, containerised: Containerised, native_python: str
) -> None:
    bare.write(".python-version", f"{native_python}\n")
    bare.replace("pyproject.toml", "==3.14.*", f"=={native_python}.*")
    bare.replace("Dockerfile", "-python3.14-", f"-python{native_python}-")
    with_uv = Project(bare.folder, containerised(python_version=native_python).env)
    bare.make("lock")
    for project in (with_uv, bare, with_uv, bare):
        project.make("install", "test")
    assert with_uv.run(".venv/bin/python", "-c", "import pydantic").code == 0
    bare.make("clean")
