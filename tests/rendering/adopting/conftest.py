"""How an existing project is made, and how the template comes into it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rendering.adopting.existing import copy
from tests.rendering.adopting.kinds import KINDS
from tests.support.project import Project
from tests.support.run.left_out import leave_out

# What docs/adopting.md says about the kinds that the template sends to uv first.
REFUSED = {
    "poetry": "uvx migrate-to-uv --keep-current-build-backend --keep-current-data && uv lock",
    "requirements": "uv add -r requirements.txt",
    "setup.py": "printf '[build-system]",
}
Existing = Callable[[str], Project]

# Whether this Python finds its compiler, and has its headers.
COMPILES = """
import pathlib, shutil, sysconfig
header = pathlib.Path(sysconfig.get_path("include"), "Python.h")
print(header.exists() and shutil.which(sysconfig.get_config_var("CC").split()[0]) is not None)
"""


@pytest.fixture
def existing(machine: dict[str, str], tmp_path: Path, native_python: str) -> Existing:
    """Write a project of that kind, committed, on a Python that is here."""

    def existing(kind: str, name: str = "shop") -> Project:
        project = Project(tmp_path / name, machine | {"UV_PYTHON": native_python})
        for path, text in KINDS[kind].files.items():
            project.write(path, text)
        if any(path.endswith(".c") for path in KINDS[kind].files):
            compiles = project.run("uv", "run", "--no-project", "python", "-c", COMPILES)
            if compiles.last_line != "True":
                leave_out(
                    "a C compiler or Python's headers are not on this machine",
                    "apt install gcc python3-dev",
                )
        project.commit()
        if KINDS[kind].tag:
            project.git("tag", KINDS[kind].tag)
        for command in KINDS[kind].before:
            project.run("sh", "-c", command.replace("PYTHON", native_python))
        return project

    return existing


def bring(kind: str, project: Project, template: Path, python: str, **answers: str) -> Project:
    """Bring the template in as docs/adopting.md says: what it refuses names the command that helps."""
    answers = {"python_version": python, **KINDS[kind].answers, **answers}
    if kind in REFUSED:
        said = copy(project, template, answers, check=False)
        [command] = re.findall(r"Type: (.*?)(?: \(where .*\))?, and copy again", said)
        assert REFUSED[kind] in command
        assert project.git("status", "--porcelain").output == ""
        project.run("sh", "-c", command)
    before = contents(project)
    copy(project, template, answers)
    assert before.items() <= contents(project).items()
    for command in KINDS[kind].after:
        project.run("sh", "-c", command)
    return project


def contents(project: Project) -> dict[str, bytes]:
    """The files that are the project's own."""
    files = project.git("ls-files", "--cached", "--others", "--exclude-standard").output.split()
    there = [name for name in files if (project.folder / name).exists()]
    return {name: (project.folder / name).read_bytes() for name in there}
