"""One commit gives one image, of which a newer one takes the place; its base images can be pinned."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.conftest import app_name, inside, inspect, package, run_engine
from tests.support.answers import DEFAULT_PYTHON
from tests.support.containers import Containerised
from tests.support.network.base_images import PYTHON_TAG, UV_TAG, digest, make_copy, publish_copy
from tests.support.project import Project

TITLE = "org.opencontainers.image.title"

# What each layer begins with, and a file in it.
BEGUN = {
    "--compile-bytecode": "/app/new",
    "mkdir /bytecode": "/bytecode/new",
    "mkdir /project /metadata": "/project/new",
}


def test_two_builds_give_one_image(service: Project, tmp_path: Path) -> None:
    """Docker's first build differs where it finds an equal layer in the second: here it had none before."""
    fresh = Project(tmp_path / "fresh", service.env)
    shutil.copytree(service.folder, fresh.folder, symlinks=True)
    for command, path in BEGUN.items():
        new = f"{command} && echo {os.urandom(8).hex()} >{path}"
        fresh.replace("Dockerfile", command, new)
    verified = fresh.make("verify")
    first, second = re.findall(r"^(?:sha256:)?([0-9a-f]{64})$", verified.output, re.MULTILINE)
    assert first == second
    assert verified.last_line == "both are the same"
    assert "warn" not in verified.output.lower()


@pytest.mark.any_engine
def test_what_makes_two_builds_differ_is_named(
    containerised: Containerised, worker_id: str
) -> None:
    project = containerised(app_name=f"differs-{worker_id}")
    project.replace(
        "Dockerfile", " && find /metadata", " && date +%N >/project/stamp && find /metadata"
    )
    result = project.make("verify", check=False)
    assert result.code
    assert re.findall(r"^([<>]) .* /stamp$", result.output, re.MULTILINE)[:2] == ["<", ">"]
    assert "/app/" not in result.output
    assert result.last_line == "two builds of one commit differ, first in the lines above"


# A package that is compiled, a library, one with data, and one whose link Debian sets when installing.
LOADS = """\
    import ctypes, magic, setproctitle

    ctypes.CDLL("libpq.so.5")
    assert magic.from_buffer(b"%PDF-1.7") == "PDF document, version 1.7"
    ctypes.CDLL("libblas.so.3")
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_debian_packages_are_there_and_the_same_in_each_build(
    containerised: Containerised, native_python: str, worker_id: str
) -> None:
    """Worth its time: what users of slim images need first, and what commonly makes images differ."""
    project = containerised(app_name=f"debian-{worker_id}", python_version=native_python)
    compiled = '[tool.uv]\nno-binary-package = ["setproctitle"]\n'
    project.replace("pyproject.toml", "[tool.uv]\n", compiled)
    project.run("uv", "add", "--quiet", "--no-sync", "setproctitle", "python-magic")
    project.replace("Dockerfile", 'BUILD_PACKAGES=""', 'BUILD_PACKAGES="gcc libpython3-dev"')
    project.replace("Dockerfile", 'RUN_PACKAGES=""', 'RUN_PACKAGES="libpq5 libmagic1 libblas3"')
    project.replace("Dockerfile", "target=/cache", "target=/no-cache")
    project.replace(
        f"src/{package(project)}/cli.py",
        "    settings = load()\n",
        f"{LOADS}    settings = load()\n",
    )
    project.commit()
    project.write(".env", "GREETING=Ahoy\n")
    project.make("build")
    assert project.make("up").last_line == "Ahoy, World!"
    project.make("build", "TAG=again", "BUILD_FLAGS=--no-cache")
    assert inspect(project)["Id"] == inspect(project, f"{app_name(project)}:again")["Id"]
    run_engine(project, "image", "rm", f"{app_name(project)}:again")
    held = inside(project, "dpkg-query --show libpq5 && ! command -v gcc")
    assert held.startswith("libpq5:"), "scanners find it"


@pytest.mark.any_engine
@pytest.mark.parametrize("either", ["service", "adopted"], indirect=True)
def test_another_folder_umask_time_and_cache_give_the_same_image(
    either: Project, tmp_path: Path
) -> None:
    """As on another machine: a clone with a space in its path, made under another umask."""
    elsewhere = Project(tmp_path / "an other folder", either.env)
    shutil.copytree(either.folder, elsewhere.folder, symlinks=True)
    elsewhere.run("sh", "-c", "umask 077; rm -rf src; git checkout --quiet .; chmod -R go= .")
    for path in elsewhere.folder.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000), follow_symlinks=False)
    mount = "type=cache,"
    elsewhere.replace("Dockerfile", mount, f"{mount}id={tmp_path.name}{os.getpid()},")
    revision = either.git("rev-parse", "HEAD").output.strip()
    same = f"--assume-unchanged Dockerfile && test {revision} = $(git rev-parse HEAD)"
    elsewhere.run("sh", "-c", f"git update-index {same}")
    elsewhere.make("build", "TAG=elsewhere")
    name = f"{app_name(either)}:elsewhere"
    assert inspect(either, name)["Id"] == inspect(either)["Id"]
    run_engine(either, "image", "rm", name)


@pytest.fixture
def labelled(service: Project) -> Iterator[Project]:
    """The service, whose image and stage with the project can be told from those of others."""
    stage, name = "FROM dependencies AS project\n", app_name(service)
    service.replace("Dockerfile", stage, f"{stage}LABEL {TITLE}={name}\n")
    yield service
    service.make("down")
    service.git("checkout", "--quiet", ".")
    run_engine(service, "image", "rm", f"{name}:labelled")


def test_a_build_takes_the_place_of_the_one_before(labelled: Project, port: int) -> None:
    """What stays is Podman's cache of the last build, which it lists as <none>."""
    filters = ["--filter=dangling=true", f"--filter=label={TITLE}={app_name(labelled)}"]

    def unnamed() -> set[str]:
        return set(run_engine(labelled, "images", "--quiet", *filters).split())

    def build() -> str:
        return labelled.make("build", "TAG=labelled").output

    def changed(line: str) -> str:
        path = f"src/{package(labelled)}/__init__.py"
        labelled.write(path, f"{labelled.read(path)}{line}\n")
        return build()

    others = unnamed()
    build()
    cache = len(unnamed() - others)
    assert cache == (labelled.env["ENGINE"] == "podman")
    labelled.make("up", "TAG=labelled", f"PORT={port}")
    for number in range(3):
        said = changed(f"NUMBER = {number}")
        assert "Building" in said
        assert "+ uvicorn" not in said, "the dependencies are cached"
        # The image that the container still has; the next goes at once.
        assert len(unnamed() - others) == cache + 1
    labelled.make("up", "TAG=labelled", f"PORT={port}")
    kept = unnamed()
    assert len(kept - others) == cache
    assert "Building" not in build(), "all is cached"
    assert unnamed() == kept


@pytest.fixture
def bases(
    containerised: Containerised,
    registry: str,
    mirrored_images: dict[str, str],
    plain_http: dict[str, str],
    worker_id: str,
) -> Project:
    """A project whose base images are in a registry on the loopback."""
    project = containerised(app_name=f"pinned-{worker_id}")
    project.env = project.env | plain_http
    dockerfile = project.read("Dockerfile")
    for variable, name in mirrored_images.items():
        dockerfile = re.sub(
            rf"^(ARG {variable}=).*", rf"\g<1>{name}", dockerfile, flags=re.MULTILINE
        )
    project.write("Dockerfile", dockerfile)
    return project


def test_pin_names_what_the_registry_holds(bases: Project, registry: str) -> None:
    uv = f"{registry}/uv:{UV_TAG}@{digest(registry, 'uv', UV_TAG)}"
    python = f"{registry}/python:{PYTHON_TAG}@{digest(registry, 'python', PYTHON_TAG)}"
    said = run_engine(bases, "run", "--rm", f"{registry}/python:{PYTHON_TAG}", "python", "-V")
    exact = said.split()[-1]
    assert exact.startswith(f"{DEFAULT_PYTHON}.")

    changed = bases.make("pin").output.splitlines()
    assert changed == [
        f"Dockerfile: UV_IMAGE={uv}",
        f"Dockerfile: PYTHON_IMAGE={python}",
        f".python-version: {exact}",
    ]
    assert re.findall(r"^ARG .*_IMAGE=(.*)", bases.read("Dockerfile"), re.MULTILINE) == [uv, python]
    assert bases.read(".python-version") == f"{exact}\n"

    assert bases.make("pin").output == "nothing to change: both images and Python are pinned\n"
    bases.write(".env", "GREETING=Ahoy\n")
    assert bases.make("build", "up").last_line == "Ahoy, World!"
    labels = inspect(bases)["Config"]["Labels"]
    base = [labels[f"org.opencontainers.image.base.{what}"] for what in ("name", "digest")]
    assert base == python.split("@")
    assert labels["uv.image"] == uv
    assert "digests" not in bases.make("save").output


@pytest.mark.any_engine
def test_pin_refuses_two_images_that_differ(
    bases: Project, containerised: Containerised, registry: str
) -> None:
    containerised(app_name=app_name(bases), python_version="3.13")
    publish_copy(bases, "docker.io/library/python:3.13-slim-trixie", f"{registry}/python:other")
    bases.replace("Dockerfile", f"/python:{PYTHON_TAG}", "/python:other")
    before = bases.read("Dockerfile"), bases.read(".python-version")
    result = bases.make("pin", check=False)
    assert result.code
    assert re.match(
        r"nothing was changed: UV_IMAGE has Python 3\.14\.\d+ and PYTHON_IMAGE 3\.13\.\d+",
        result.last_line,
    )
    assert (bases.read("Dockerfile"), bases.read(".python-version")) == before


@pytest.mark.any_engine
def test_pin_takes_the_python_of_the_builder_after_a_new_patch(
    bases: Project, containerised: Containerised, registry: str
) -> None:
    """The runtime image has a newer patch than the builder: the older one has a tag of its own."""
    containerised(app_name=app_name(bases), python_version="3.13")
    said = run_engine(bases, "run", "--rm", f"{registry}/python:{PYTHON_TAG}", "python", "-V")
    exact = said.split()[-1]
    publish_copy(bases, f"docker.io/library/python:{PYTHON_TAG}", f"{registry}/moved:{exact}-slim")
    newer = "docker.io/library/python:3.13-slim-trixie"
    publish_copy(bases, newer, f"{registry}/moved:{DEFAULT_PYTHON}-slim")
    bases.replace("Dockerfile", f"/python:{PYTHON_TAG}", f"/moved:{DEFAULT_PYTHON}-slim")
    bases.make("pin")
    pinned = f"{registry}/moved:{exact}-slim@{digest(registry, 'moved', f'{exact}-slim')}"
    assert f"ARG PYTHON_IMAGE={pinned}\n" in bases.read("Dockerfile")
    assert bases.read(".python-version") == f"{exact}\n"
    assert bases.make("pin").output == "nothing to change: both images and Python are pinned\n"


@pytest.mark.any_engine
def test_pin_changes_nothing_where_only_this_machine_has_an_image(
    bases: Project, registry: str
) -> None:
    none = f"{registry}/python:none"
    bases.replace("Dockerfile", f"/python:{PYTHON_TAG}", "/python:none")
    before = bases.read("Dockerfile"), bases.read(".python-version")
    make_copy(bases, f"docker.io/library/python:{PYTHON_TAG}", none)
    result = bases.make("pin", check=False)
    run_engine(bases, "image", "rm", none)
    assert result.code
    assert result.last_line == (
        f"nothing was changed: {none} can't be pulled from its registry; again when it can: make pin"
    )
    assert (bases.read("Dockerfile"), bases.read(".python-version")) == before
