"""Other machines: one of another processor, and one without a network that never saw the source."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.conftest import app_name, inspect, package, run_engine
from tests.containers.test_running import PROBE, assert_hardened
from tests.support.answers import DEFAULT_PYTHON, UV_VERSION
from tests.support.engine import Engine, emulation, provide_base, throwaway
from tests.support.machines.elsewhere import REGISTRY, elsewhere, registry
from tests.support.machines.here import typed_by, without_uv
from tests.support.network.base_images import BUILDER
from tests.support.network.registry import without_tls
from tests.support.project import Project, Render
from tests.support.run.left_out import THROWAWAY, leave_out

# What an application does that needs no package: it says where it runs, and leaves a file there.
MACHINE = """\
import pathlib
import platform


def main() -> None:
    print(platform.machine())
    if pathlib.Path("src").exists():
        pathlib.Path("written").touch()
"""


@pytest.fixture(scope="session")
def there(
    engine: Engine, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Another engine, with no image and no network."""
    if not engine.bin:
        leave_out("a second engine is started next to the throwaway one only", THROWAWAY)
    folder = tmp_path_factory.mktemp("elsewhere")
    with elsewhere(engine, f"elsewhere-{worker_id}", folder) as there:
        yield there


def path(there: Engine, project: Project) -> str:
    """The PATH with which a project finds that engine."""
    return f"{there.bin}{os.pathsep}{project.env['PATH']}"


def test_a_saved_image_runs_by_what_is_printed_without_network_and_source(
    service: Project, there: Engine, tmp_path: Path
) -> None:
    name = app_name(service)
    service.write(f"{name}.tar", "an older one")
    said = service.make("save").output
    assert "Copying" not in said
    load, run = re.findall(r"^    (.*)$", said, re.MULTILINE)
    other = Project(tmp_path, service.env | {"PATH": path(there, service)})
    shutil.move(service.folder / f"{name}.tar", tmp_path)
    shutil.copy(service.folder / ".env", tmp_path)
    assert run_engine(other, "images", "--quiet") == ""
    [held] = json.loads(other.run("tar", "-xOf", f"{name}.tar", "manifest.json").output)
    assert held["RepoTags"] == [run.split()[-1]], "what either engine calls it then"

    other.run("sh", "-ec", f"{load}\n{run}")
    run_engine(other, "exec", name, "python", "-m", f"{package(service)}.health", "30")
    ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000').read())"
    assert "Ahoy, World!" in run_engine(other, "exec", name, "python", "-c", ask)
    assert_hardened(run_engine(other, "exec", name, "sh", "-c", PROBE))

    labels = inspect(other, name)["Config"]["Labels"]
    assert labels == inspect(service)["Config"]["Labels"]
    commit = service.git("rev-parse", "HEAD").output.strip()
    assert labels["org.opencontainers.image.revision"] == commit
    lock = (service.folder / "uv.lock").read_bytes()
    assert labels["uv.lock.sha256"] == hashlib.sha256(lock).hexdigest()


BOTH = "linux/amd64,linux/arm64"


def build_base(project: Project, name: str) -> None:
    """Build the base image of both platforms; uncompressed, since nobody pulls it."""
    how = {
        "docker": f"--output=type=image,name={name},unpack=true,compression=uncompressed",
        "podman": f"--manifest={name}",
    }[project.env["ENGINE"]]
    folder = emulation.base_for_both(DEFAULT_PYTHON, UV_VERSION)
    run_engine(project, "build", "--quiet", f"--platform={BOTH}", how, str(folder))


@pytest.fixture
def tiny(render: Render, native_python: str, worker_id: str) -> Project:
    """An application without packages, which a network without an index has to be enough for."""
    tiny = render(app_name=f"tiny-{worker_id}", python_version=native_python)
    tiny.write(f"src/{package(tiny)}/cli.py", MACHINE)
    (tiny.folder / f"src/{package(tiny)}/settings.py").unlink()
    metadata = re.sub(
        r"(?ms)^dependencies = .*?^]", "dependencies = []", tiny.read("pyproject.toml")
    )
    tiny.write("pyproject.toml", metadata)
    tiny.make("lock")
    # No package is installed, so the lock fits another Python as well, which this machine may lack.
    for name in ("pyproject.toml", "uv.lock", ".python-version"):
        tiny.write(name, tiny.read(name).replace(native_python, DEFAULT_PYTHON))
    tiny.commit()
    tiny.write(".env", "")
    return tiny


@pytest.fixture
def for_both(tiny: Project, there: Engine, tmp_path: Path) -> Project:
    """The same for that engine, which has a base image for two platforms."""
    if not emulation.emulate():
        leave_out("this kernel runs no programs for another processor", "modprobe binfmt_misc")
    base = "docker.io/library/base:1"
    own = {"PATH": path(there, tiny), "ENGINE": there.name, "UV_IMAGE": base, "PYTHON_IMAGE": base}
    tiny.env = tiny.env | without_tls(REGISTRY, tmp_path) | own
    build_base(tiny, base)
    return tiny


@pytest.mark.slow
@pytest.mark.any_engine
def test_an_image_for_two_platforms_runs_on_both(
    for_both: Project, there: Engine, tmp_path: Path
) -> None:
    image = f"{REGISTRY}/tiny:1.0"
    build_base(for_both, image)  # what had the name before
    named = (f"PLATFORM={BOTH}", f"IMAGE={REGISTRY}/tiny", "TAG=1.0")
    assert for_both.make("build", *named, "UV_IMAGE=docker.io/library/none:1", check=False).code
    run_engine(for_both, "image", "inspect", image)
    with registry(there, tmp_path):
        for_both.make("build", "push", *named)
        look = ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{image}"]
        listed = json.loads(for_both.run(*look).output)["manifests"]
    assert sorted(each["platform"]["architecture"] for each in listed) == ["amd64", "arm64"]
    for platform, machine in {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}.items():
        said = run_engine(for_both, "run", "--rm", f"--platform={platform}", image)
        assert said.splitlines()[-1] == machine
    assert for_both.make("build", "up", "PLATFORM=linux/arm64").last_line == "aarch64"


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_files_belong_to_who_typed_the_command_where_docker_remaps_users(
    tiny: Project, engine: Engine, worker_id: str, tmp_path: Path
) -> None:
    """On a machine without uv."""
    if not engine.bin:
        leave_out(
            "an engine that remaps users is started next to the throwaway one only", THROWAWAY
        )
    (tmp_path / "engine").mkdir()
    remaps = f"--userns-remap={throwaway.USER}"
    with elsewhere(engine, f"remaps-{worker_id}", tmp_path / "engine", remaps) as there:
        provide_base(there, DEFAULT_PYTHON, UV_VERSION)
        bare = without_uv(tmp_path / "bin", "docker", path(there, tiny))
        typed_by(throwaway.USER, tmp_path / "bin")
        os.chown(tiny.folder, throwaway.USER, throwaway.USER)
        tiny.env = tiny.env | {"PATH": bare, "ENGINE": "docker", "UV_IMAGE": BUILDER}
        tiny.make("install", "run", "DEV=0")
    assert (tiny.folder / "written").stat().st_uid == throwaway.USER
