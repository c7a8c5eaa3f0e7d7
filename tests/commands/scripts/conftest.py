"""A project on a machine with little, and an engine that notes what it is told."""

import os
import shutil
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from tests.support.machines.here import TOOLS, busybox, path, write_script
from tests.support.project import Project, Render
from tests.support.run.left_out import leave_out

# An engine that notes what it is told, each word as it came. It says what is in VERB_says, its errors
# are VERB_errors, and it fails where `fails` names the verb.
RECORDER = """\
#!/bin/sh
{ printf '%s\\0' "$@"; echo; } >>"$record"
case $1 in --*) verb=build ;; *) verb=$1 ;; esac
eval "printf '%b' \\"\\${${verb}_says:-}\\"; printf '%b' \\"\\${${verb}_errors:-}\\" >&2"
case " ${fails:-} " in *" $verb "*) exit 125 ;; esac
"""
# Words that a shell would take apart, or read in its own way.
HARD = [
    *("two words", "it's", 'say "hi"', "$HOME", "`id`", "back\\slash\\n", "", " ", "*", "?", "#"),
    *("~", "a;b", "a&b", "a|b", "(a)", "{a,b}", "!", "new\nline", "ünï", "--"),
]
IMAGE = "my-app:1"


@pytest.fixture(scope="module", params=["this machine", "BusyBox"])
def utilities(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with make, git, a shell and utilities, and with neither uv nor an engine."""
    folder = tmp_path_factory.mktemp("bin")
    first = [busybox()] if request.param == "BusyBox" else []
    if first == [""]:
        leave_out("BusyBox is not on this machine", "install busybox")
    for name in TOOLS:
        found = shutil.which(name, path=os.pathsep.join([*first, path()]))
        (folder / name).symlink_to(found or f"/no/{name}")
    return str(folder)


@pytest.fixture(scope="module")
def born(render: Render, native_python: str) -> Callable[[str], Project]:
    """A project of each kind, to be copied."""
    return cache(lambda kind: render(kind=kind, python_version=native_python))


@pytest.fixture
def kind() -> str:
    """The kind of the project, where a test does not say it."""
    return "cli"


@pytest.fixture
def bare(born: Callable[[str], Project], kind: str, utilities: str, tmp_path: Path) -> Project:
    """A project in a path with a space, on a machine with little, where no other variable is set."""
    folder = shutil.copytree(born(kind).folder, tmp_path / "a folder")
    return Project(folder, {"PATH": utilities})


@pytest.fixture
def with_uv(bare: Project, machine: dict[str, str]) -> Project:
    """The same project with uv behind those utilities."""
    return Project(bare.folder, machine | {"PATH": f"{bare.env['PATH']}:{machine['PATH']}"})


@pytest.fixture(params=["docker", "podman"])
def name(request: pytest.FixtureRequest) -> str:
    """The engine's name."""
    return str(request.param)


@pytest.fixture
def recording(bare: Project, name: str, tmp_path: Path) -> Project:
    """The same project without uv, and with an engine that notes what it is told."""
    write_script(tmp_path / "engine" / name, RECORDER)
    bare.write(".env", bare.read(".env.example"))
    first = f"{tmp_path}/engine:{bare.env['PATH']}"
    return Project(bare.folder, {"PATH": first, "record": str(tmp_path / "record")})


@pytest.fixture
def committed(recording: Project) -> Project:
    """The same project with one commit."""
    people = product(("AUTHOR", "COMMITTER"), ("NAME", "EMAIL"))
    author = {f"GIT_{who}_{what}": "ada@example.org" for who, what in people}
    project = under(recording, HOME=str(recording.folder.parent), **author)
    project.commit()
    return project


def recorded(project: Project, verb: str) -> list[list[str]]:
    """How the engine was called with that verb, since it was last asked."""
    record = Path(project.env["record"])
    calls = [call.split("\0") for call in record.read_text().split("\0\n")[:-1]]
    record.write_text("")
    return [call for call in calls if verb in call[:3]]


def under(project: Project, **env: str) -> Project:
    """The same project where these are set, too."""
    return Project(project.folder, project.env | env)


def value(call: list[str], flag: str) -> str:
    """What follows a flag, or nothing."""
    return call[call.index(flag) + 1] if flag in call else ""
