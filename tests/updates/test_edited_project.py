"""`make update` never costs anybody their work."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.answers import PYTHONS
from tests.support.containers import Containerised
from tests.support.history import Old
from tests.support.project import Project
from tests.support.run.left_out import leave_out
from tests.updates.changes import EDITS, assert_kept, customise, files, fresh

pytestmark = pytest.mark.usefixtures("counted")


def test_outdated_says_from_which_version_to_which(old: Old) -> None:
    project = old()
    said = project.make("outdated").output
    assert "0.1.0" in said
    assert "999.0.0" in said
    project.make("update")
    project.commit()
    assert "up-to-date" in project.make("outdated").output


def test_outdated_fetches_copier_by_itself(old: Old) -> None:
    project = old()
    del project.env["COPIER"]
    assert "999.0.0" in project.make("outdated").output


def test_an_update_brings_what_a_fresh_render_has(
    old: Old, history: Project, native_python: str, tmp_path: Path
) -> None:
    project = old()
    assert project.make("update").last_line.startswith("updated; ")
    today = fresh(history, tmp_path / "today", python_version=native_python)
    assert dict(files(project)) == dict(files(today))


def test_an_update_keeps_a_users_work(
    old: Old,
    history: Project,
    containerised: Containerised,
    native_python: str,
    tmp_path: Path,
) -> None:
    project = old()
    customise(project)
    lock = project.read("uv.lock")
    project.make("update")
    assert_kept(project)
    edited = {path for path, _, _ in EDITS}
    today = fresh(history, tmp_path / "today", python_version=native_python)
    for name, text in files(project):
        if name not in edited and (today.folder / name).exists():
            assert text == today.read(name), name
    assert project.read("uv.lock") == lock, "the lock is the user's, whatever the template moved"
    assert today.read("uv.lock") not in lock

    project.env = project.env | containerised(app_name="updated", python_version=native_python).env
    project.make("start", "check", "build", "greet", "IMAGE=updated")


def test_an_update_takes_another_type_checker(old: Old) -> None:
    project = old()
    customise(project)
    project.make("update", "ARGS=-d type_checker=ty")
    assert_kept(project)
    assert '"ty",' in project.read("pyproject.toml")
    assert '"mypy",' not in project.read("pyproject.toml")
    project.make("install", "types")


def test_an_update_brings_a_deployment(
    old: Old, history: Project, native_python: str, tmp_path: Path
) -> None:
    project = old()
    customise(project)
    project.make("update", "ARGS=-d deploy=kubernetes")
    assert_kept(project)
    answers = {"python_version": native_python, "deploy": "kubernetes"}
    today = fresh(history, tmp_path / "today", **answers)
    brought = [path for path in today.folder.glob("deploy/**/*") if path.is_file()]
    assert len(brought) == 4
    for path in brought:
        name = str(path.relative_to(today.folder))
        assert project.read(name) == today.read(name)


def test_an_update_takes_another_python(
    old: Old, has_python: Callable[[str], bool], native_python: str
) -> None:
    others = [python for python in PYTHONS if python != native_python and has_python(python)]
    if not others:
        leave_out("this machine has one Python only", f"uv python install {PYTHONS[-1]}")
    project = old()
    customise(project)
    project.make("update", f"ARGS=-d python_version={others[-1]}")
    assert_kept(project)
    assert project.read(".python-version") == f"{others[-1]}\n"
    project.make("install", "test")
