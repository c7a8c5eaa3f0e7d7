"""`make update` never costs anybody their work."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import copier
import pytest

from tests.conftest import PYTHONS, Containerised, Old, Project, release_as

pytestmark = pytest.mark.usefixtures("counted")

# What a user changes, file by file; the application stays one that passes its checks.
EDITS = [
    ("Makefile", "ruff format --check\n", "ruff format --check --quiet\n"),
    ("Makefile", "##@ Dependencies\n", "greet: ## Say hello\n\t@echo hello\n\n##@ Dependencies\n"),
    ("Dockerfile", "COPY src src\n", "COPY src src\nENV TZ=Europe/Berlin\n"),
    ("README.md", "same way everywhere.\n", "same way everywhere.\n\n## House rules\n\nBe kind.\n"),
    (".github/workflows/ci.yml", "make start check build", "make start check build greet"),
    ("pyproject.toml", "line-length = 100", "line-length = 110"),
    ("src/my_app/cli.py", "Whom to greet.", "Whom to greet kindly."),
    (".env.example", "GREETING=Hello", "GREETING=Hullo"),
]

# In this file, what this pattern finds becomes that text; no pattern, and the file is new.
Change = tuple[str, str, str]


def fresh(template: Project, folder: Path, **answers: object) -> Project:
    """The project as the template's last release renders it, committed."""
    copier.run_copy(str(template.folder), folder, data=answers, defaults=True, quiet=True)
    project = Project(folder, template.env)
    project.commit()
    return project


def customise(project: Project) -> None:
    """Do what people do: add packages, edit every kind of file, rename, delete."""
    for path, before, after in EDITS:
        project.replace(path, before, after)
    project.run("uv", "add", "--quiet", "humanize")
    project.git("mv", "tests/test_cli.py", "tests/test_greeting.py")
    project.git("rm", "--quiet", "src/my_app/py.typed")
    project.write("src/my_app/own.py", '"""Own work."""\n')
    project.commit()


def assert_kept(project: Project) -> None:
    """Every edit of `customise` is still there."""
    for path, _, after in EDITS:
        assert after in project.read(path), path
    assert '"humanize' in project.read("pyproject.toml")
    assert 'name = "humanize"' in project.read("uv.lock")
    assert (project.folder / "src/my_app/own.py").exists()
    assert (project.folder / "tests/test_greeting.py").exists()
    assert not (project.folder / "tests/test_cli.py").exists()
    assert not (project.folder / "src/my_app/py.typed").exists()


def files(project: Project) -> Iterator[tuple[str, str]]:
    """Each file that git sees but the lock, which is the user's, and its text."""
    listed = project.git("ls-files", "--cached", "--others", "--exclude-standard")
    for name in set(listed.output.splitlines()) - {"uv.lock"}:
        if (project.folder / name).exists():
            yield name, project.read(name)


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
    project.make("start", "check")


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
        pytest.skip("this machine has one Python only")
    project = old()
    customise(project)
    project.make("update", f"ARGS=-d python_version={others[-1]}")
    assert_kept(project)
    assert project.read(".python-version") == f"{others[-1]}\n"
    project.make("start", "check")


@pytest.mark.parametrize("change", ["untracked", "modified"])
def test_an_update_refuses_what_is_not_committed(old: Old, change: str) -> None:
    project = old()
    project.write("notes.txt" if change == "untracked" else "README.md", "mine\n")
    before = project.git("status", "--short").output
    result = project.make("update", check=False)
    assert result.code
    assert before.strip() in result.output
    assert "commit or stash" in result.last_line
    assert project.git("status", "--short").output == before


def test_an_update_without_git_says_what_it_needs(old: Old) -> None:
    project = old()
    shutil.rmtree(project.folder / ".git")
    result = project.make("update", check=False, GIT_CEILING_DIRECTORIES=str(project.folder.parent))
    assert result.code
    assert "commit" in result.last_line


def later(project: Project, base: Path, folder: Path, *changes: Change) -> Project:
    """Give the project's template, which is in `base`, another release, and return the template."""
    release = Project(shutil.copytree(base, folder), project.env)
    for path, now, then in changes:
        if not now:
            release.write(path, then)
            continue
        text, found = re.subn(now, then, release.read(path), flags=re.MULTILINE)
        assert found, f"{path} does not hold {now!r}"
        release.write(path, text)
    release_as("v1000.0.0", release)
    project.replace(".copier-answers.yml", str(base), str(folder))
    project.commit()
    return release


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
    assert result.last_line.startswith("conflicts, of which you keep one side each")
    assert result.last_line.endswith(" Makefile")

    # make itself can't read a Makefile with markers; the user keeps one side.
    mine = project.read("Makefile").split("<<<<<<< before updating\n")[1].split("=======\n")[0]
    assert "my mistakes" in mine
    project.git("checkout", "--theirs", "Makefile")
    project.make("lock", "check")


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


# The schema of the answers: what may change from one release to the next, and how.

NEW_QUESTION = "mascot:\n  type: str\n  help: Who waves.\n  default: ''\n\n"
SCHEMA_CHANGES: dict[str, list[Change]] = {
    "a new question": [("copier.yml", "kind:\n", NEW_QUESTION + "kind:\n")],
    "a removed question": [
        (
            "copier.yml",
            r"(author_email:\n  type: str\n)  help: .*\n",
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


@pytest.mark.parametrize("change", SCHEMA_CHANGES)
def test_a_changed_schema_leaves_the_project_as_it_was(
    history: Project, old: Old, change: str, tmp_path: Path
) -> None:
    project = old(type_checker="ty", author_email="ada@example.org")
    project.make("update")
    project.commit()
    before = dict(files(project))

    later(project, history.folder, tmp_path / "later", *SCHEMA_CHANGES[change])
    project.make("update")

    after = dict(files(project))
    answers, email = ".copier-answers.yml", 'email = "ada@example.org"'
    for name, text in before.items():
        if change == "a removed question":
            text = text.replace(f"authors = [{{ {email} }}]\n", "")
        assert name == answers or after[name] == text, name
    assert "v1000.0.0" in after[answers]


def test_the_check_of_a_release_that_would_lose_a_users_work_fails(
    template: Path, machine: dict[str, str], tmp_path: Path
) -> None:
    """As the release workflow runs it, with the tag of a release before; nothing is tagged then."""
    next_release = Project(shutil.copytree(template, tmp_path / "template"), machine)
    next_release.git("tag", "--delete", "v999.0.0")
    next_release.git("tag", "v0.1.0")
    (next_release.folder / ".venv").mkdir()
    tests = [sys.executable, "-m", "pytest", "-q", "--numprocesses=0", "--engine=none"]
    tests += ["tests/test_update.py", "-k", "another_type_checker"]
    assert "1 passed" in next_release.run(*tests).output
    next_release.git("mv", "template/.env.example.jinja", "template/.env.sample.jinja")
    refused = next_release.run(*tests, check=False)
    assert refused.code == 1
    assert "test_an_update_takes_another_type_checker[v0.1.0]" in refused.output
    assert ".env.example" in refused.output
