"""The schema of the answers may change from one release to the next, and a release that loses work is refused."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.history import COPIER
from tests.support.project import Project, Render
from tests.updates.changes import Change, files, later

pytestmark = pytest.mark.usefixtures("counted")

NEW_QUESTION = "mascot:\n  type: str\n  help: Who waves.\n  default: ''\n\n"
SCHEMA_CHANGES: dict[str, list[Change]] = {
    "a new question": [("copier.yml", "kind:\n", NEW_QUESTION + "kind:\n")],
    "a removed question": [
        (
            "copier.yml",
            r"(author_email:\n  type: str\n)  when: .*\n  help: .*\n",
            r"\1  when: false\n",
        )
    ],
    "a renamed question": [
        ("copier.yml", "type_checker:\n", "checker:\n"),
        (
            "copier.yml",
            "  default: mypy\n",
            "  default: \"{{ type_checker | default('mypy') }}\"\n\n"  # noqa: ISC004
            "type_checker:\n  type: str\n  when: false\n  default: '{{ checker }}'\n",
        ),
    ],
}


@pytest.mark.sample
@pytest.mark.parametrize("change", SCHEMA_CHANGES)
def test_a_changed_schema_leaves_the_project_as_it_was(
    render: Render, template: Path, native_python: str, change: str, tmp_path: Path
) -> None:
    answers = {"type_checker": "ty", "author_email": "ada@example.org"}
    project = render(python_version=native_python, **answers)
    project.env = project.env | COPIER
    project.commit()
    before = dict(files(project))

    later(project, template, tmp_path / "later", *SCHEMA_CHANGES[change])
    project.make("update")

    after = dict(files(project))
    recorded, email = ".copier-answers.yml", 'email = "ada@example.org"'
    for name, text in before.items():
        if change == "a removed question":
            text = text.replace(f"authors = [{{ {email} }}]\n", "")
        assert name == recorded or after[name] == text, name
    assert "v1000.0.0" in after[recorded]


def test_the_check_of_a_release_that_would_lose_a_users_work_fails(
    template: Path, machine: dict[str, str], tmp_path: Path
) -> None:
    """As the release workflow runs it, with the tag of a release before; nothing is tagged then."""
    next_release = Project(shutil.copytree(template, tmp_path / "template"), machine)
    next_release.git("tag", "--delete", "v999.0.0")
    next_release.git("tag", "v0.1.0")
    (next_release.folder / ".venv").mkdir()
    tests = [sys.executable, "-m", "pytest", "-q", "--numprocesses=0", "--engine=none"]
    tests += ["tests/updates/test_edited_project.py", "-k", "brings_a_deployment"]
    assert "1 passed" in next_release.run(*tests).output
    next_release.git("mv", "template/.env.example.jinja", "template/.env.sample.jinja")
    refused = next_release.run(*tests, check=False)
    assert refused.code == 1
    assert "test_an_update_brings_a_deployment[v0.1.0]" in refused.output
    assert ".env.example" in refused.output
