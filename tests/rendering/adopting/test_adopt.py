"""`copier copy` into an existing uv project: it brings what goes around it, and overwrites nothing."""

import re
from pathlib import Path

import pytest

from tests.rendering.adopting.existing import copy, existing_project
from tests.support.containers import Containerised
from tests.support.history import COPIER
from tests.support.project import Project, get, serving


@pytest.fixture(params=["cli", "service"])
def kind(request: pytest.FixtureRequest) -> str:
    """What the existing project is."""
    return str(request.param)


@pytest.fixture
def existing(
    kind: str, containerised: Containerised, native_python: str, tmp_path: Path
) -> Project:
    """A project as `uv init` makes it, with a package and a dependency of its own."""
    env = containerised(app_name=f"shop-{kind}", python_version=native_python).env
    project = existing_project(tmp_path, env, f"shop-{kind}", kind, native_python, native_python)
    project.commit()
    return project


@pytest.mark.sample
def test_an_existing_project_gets_its_commands_and_its_image(
    existing: Project, kind: str, template: Path, native_python: str, port: int
) -> None:
    before = {name: existing.read(name) for name in existing.git("ls-files").output.split()}
    answers = {"app_name": f"shop-{kind}", "kind": kind, "python_version": native_python}
    said = copy(existing, template, answers | {"ci": "[gitlab]"})

    assert {name: existing.read(name) for name in before} == before
    brought = set(existing.git("ls-files", "--others", "--exclude-standard").output.split())
    assert {name for name in brought if not name.startswith("make/")} == {
        ".copier-answers.yml", ".dockerignore", ".editorconfig", ".env.example", ".gitattributes",
        ".gitlab-ci.yml", "Dockerfile", "Makefile",
        *(["Dockerfile.health"] if kind == "service" else []),
    }  # fmt: skip
    assert {"make/machine.mk", "make/build", "make/README.md"} <= brought

    # tests/containers starts the service's image.
    [targets] = re.findall(r"^ +make (.*)$", said, re.MULTILINE)
    arguments = " ARGS=--help" * (kind == "cli")
    assert targets == f"lock start check build up{arguments}"
    assert f"start check build up down{arguments}\n" in existing.read(".gitlab-ci.yml")
    if kind == "service":
        existing.make("start", "check")
        with serving(existing, port) as url:
            assert get(url) == {"message": "Hello, World!"}
    else:
        assert existing.make(*targets.split()).last_line == "Hello, World!"


@pytest.mark.sample
def test_an_adopted_project_is_updated_like_any_other(
    existing: Project, kind: str, history: Project, native_python: str
) -> None:
    answers = {"app_name": f"shop-{kind}", "kind": kind, "python_version": native_python}
    own = existing.git("ls-files").output.split()
    copy(existing, history.folder, answers, "--vcs-ref=v0.1.0")
    existing.commit()
    before = {name: existing.read(name) for name in existing.git("ls-files").output.split()}
    existing.make("update", COPIER=COPIER["COPIER"])
    assert {name: existing.read(name) for name in own} == {name: before[name] for name in own}
    assert existing.git("ls-files", "--others", "--exclude-standard").output == ""
    changed = existing.git("diff", "--name-only").output.split()
    assert {"Makefile", "Dockerfile", ".copier-answers.yml"} <= set(changed)
