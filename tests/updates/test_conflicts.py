"""Conflicts fail the update and the check until they are resolved, and nothing is updated over uncommitted work."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.history import COPIER, Old
from tests.support.project import Project, refused
from tests.updates.changes import later

pytestmark = pytest.mark.usefixtures("counted")


@pytest.mark.parametrize("change", ["untracked", "modified"])
def test_an_update_refuses_what_is_not_committed(old: Old, change: str) -> None:
    project = old()
    project.write("notes.txt" if change == "untracked" else "README.md", "mine\n")
    before = project.git("status", "--short").output
    result = project.make("update", check=False)
    assert result.code
    assert before.strip() in result.output
    assert "commit them first" in result.last_line
    assert project.git("status", "--short").output == before


def test_an_update_without_git_says_what_it_needs(old: Old) -> None:
    project = old()
    shutil.rmtree(project.folder / ".git")
    result = project.make("update", check=False, GIT_CEILING_DIRECTORIES=str(project.folder.parent))
    assert result.code
    assert "commit" in result.last_line


def test_conflicts_fail_the_update_and_the_check_until_they_are_resolved(
    old: Old, history: Project, tmp_path: Path
) -> None:
    project = old()
    project.make("start")
    project.make("update")
    said = "## Look for mistakes and for unformatted code\n"
    project.replace("Makefile", said, "## Look for my mistakes\n")
    later(
        project, history.folder, tmp_path / "later",
        ("template/Makefile.jinja", said, "## Look for mistakes\n"),
    )  # fmt: skip
    result = project.make("update", check=False)
    assert result.code
    assert result.last_line.startswith(
        "conflicts (see Updates in make/README.md); then make lock check: "
    )
    assert result.last_line.endswith(" Makefile")

    # make itself can't read a Makefile with markers; the user keeps one side.
    mine = project.read("Makefile").split("<<<<<<< before updating\n")[1].split("=======\n")[0]
    assert "my mistakes" in mine
    project.git("checkout", "--theirs", "Makefile")
    project.make("lock", "needs-merged", "lint")


@pytest.mark.sample
@pytest.mark.parametrize(
    "path", ["README.md", "pyproject.toml", "uv.lock", "src/my_app/cli.py", "notes/new.txt"]
)
def test_the_check_finds_conflict_markers(old: Old, path: str) -> None:
    project = old()
    text = project.read(path) if (project.folder / path).exists() else "new\n"
    project.write(path, f"first\n<<<<<<< before updating\n{text}")
    result = project.make("check", check=False)
    assert result.code
    assert f"{path}:2:<<<<<<< before updating" in result.output
    assert result.last_line.startswith("conflict markers stand in the lines above")


def corrupt(project: Project) -> None:
    project.write(".git/index", "x")


def locked(project: Project) -> None:
    project.write(".git/index.lock", "")


def distrusted(project: Project) -> None:
    project.env = project.env | {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}


def badly_set(project: Project) -> None:
    project.env = project.env | {"GIT_CONFIG_COUNT": "many"}


@pytest.mark.parametrize(
    ("breaks", "checked", "updated"),
    [
        (corrupt, "git can't read its index, the error", "git can't read the commit in /"),
        (locked, "", "Copier failed: Unable to create '"),
        (distrusted, "", "git does not trust /"),
        (badly_set, "git can't look for conflict markers, the ", "git can't read the commit in /"),
    ],
)
def test_where_git_fails_it_is_git_that_is_blamed(
    project: Project, breaks: Callable[[Project], None], checked: str, updated: str
) -> None:
    """No conflict markers, files or template, of which nothing is known then."""
    project.commit()
    breaks(project)
    if checked:
        assert refused(project, "needs-merged").startswith(checked)
    else:
        project.make("needs-merged")
    line = refused(project, "update", **COPIER)
    assert line.startswith(updated)
    assert "_src_path" not in line
