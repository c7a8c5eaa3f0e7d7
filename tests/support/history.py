"""Projects of an earlier release: this template with a few lines as they might have been, or a real tag."""

import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import copier
import pytest

from tests.support.answers import TEMPLATE
from tests.support.project import Project
from tests.support.run import copier_once
from tests.support.run.left_out import leave_out

# The earlier release is this template with a few lines as they might have been, and a lock that has
# since changed. Once the repository has tags, its first and its last release take its place.
NOW = "v999.0.0"
CI = 'template/{% if "github" in ci %}.github{% endif %}/workflows/ci.yml.jinja'
# What stands in a file now, and what stood there in the earlier release.
EARLIER = [
    ("template/Makefile.jinja", "down: ##", "down: needs-engine ##"),
    ("template/Makefile.jinja", "Look for mistakes and for unformatted code", "Look for mistakes"),
    ("template/make/machine.mk", "UV_NO_PROGRESS ", ""),
    ("template/make/update", "Update the project from", "Update from"),
    ("template/Dockerfile.jinja", " PYTHONUNBUFFERED=1", ""),
    ("template/README.md.jinja", "## Deployment", "## Production"),
    ("template/.gitignore.jinja", "dist/\n", ""),
    (CI, "timeout-minutes: 15", "timeout-minutes: 10"),
    ("template/src/{{ package_name }}/settings.py.jinja", "read once from", "read from"),
]
OLD_RUFF = "0.15.0"


def release_as(tag: str, template: Project) -> None:
    """Write the checksums of template/make, where it is there, commit, and tag."""
    sums = "! cd template/make 2>/dev/null || cksum $(ls | grep -v checksums) >checksums"
    template.run("sh", "-c", sums)
    template.git("init", "--quiet", "--initial-branch=main")
    template.git("add", "--all")
    template.git("commit", "--quiet", "--allow-empty", f"--message={tag}")
    template.git("tag", tag)


def releases() -> list[str]:
    """The first and the last release, or the synthetic one where there is none yet."""
    listed = ["git", "tag", "--sort=version:refname", "--list", "v*"]
    tags = subprocess.run(listed, cwd=TEMPLATE, capture_output=True, text=True).stdout.split()
    return list(dict.fromkeys(tags[:1] + tags[-1:])) or ["synthetic"]


@pytest.fixture(scope="session", params=releases())
def history(
    request: pytest.FixtureRequest,
    template: Path,
    machine: dict[str, str],
    native_python: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    """A repository of the template with an earlier release, v0.1.0, and that of today."""
    folder = tmp_path_factory.mktemp("history")
    repository = Project(folder, machine)
    if request.param == "synthetic":
        shutil.copytree(template, folder, dirs_exist_ok=True, ignore=lambda *_: [".git"])
        for path, now, before in EARLIER:
            repository.replace(path, now, before)
        lock = ["uv", "lock", "--quiet", f"--project=lock/{native_python}"]
        repository.run(*lock, f"--upgrade-package=ruff=={OLD_RUFF}")
    else:
        archive = subprocess.run(
            ["git", "archive", request.param], cwd=TEMPLATE, capture_output=True
        )
        if archive.returncode:
            leave_out(f"this clone lacks {request.param}", "git fetch --unshallow --tags")
        subprocess.run(["tar", "--extract"], input=archive.stdout, cwd=folder, check=True)
    release_as("v0.1.0", repository)
    repository.git("rm", "-rq", ".")
    shutil.copytree(template, folder, dirs_exist_ok=True, ignore=lambda *_: [".git"])
    release_as(NOW, repository)
    return repository


Old = Callable[..., Project]
COPIER = {"COPIER": shlex.join(copier_once.COMMAND)}


@pytest.fixture
def old(history: Project, native_python: str, tmp_path: Path) -> Old:
    """Render a project from the earlier release, and commit it."""

    def old(**answers: object) -> Project:
        data = {"python_version": native_python, **answers}
        copier.run_copy(
            str(history.folder), tmp_path / "app", data=data, defaults=True, quiet=True,
            vcs_ref="v0.1.0",
        )  # fmt: skip
        project = Project(tmp_path / "app", history.env | COPIER)
        project.commit()
        return project

    return old


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> None:
    """Each test is a case of an update."""
    record_property("cases of an update kept a user's work", 1)
