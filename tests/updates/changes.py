"""What a user and a later release change, and what has to be there afterwards."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import copier

from tests.support.history import release_as
from tests.support.project import Project

# What a user changes, file by file; the application stays one that passes its checks.
EDITS = [
    ("Makefile", "ruff format --check\n", "ruff format --check --quiet\n"),
    ("Makefile", "##@ Dependencies\n", "greet: ## Say hello\n\t@echo hello\n\n##@ Dependencies\n"),
    ("Dockerfile", "COPY . .\n", "COPY . .\nENV TZ=Europe/Berlin\n"),
    ("README.md", "same way everywhere.\n", "same way everywhere.\n\n## House rules\n\nBe kind.\n"),
    (".github/workflows/ci.yml", "start check build up", "start check greet build up"),
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
