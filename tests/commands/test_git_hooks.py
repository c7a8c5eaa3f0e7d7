"""The hooks of git, which `make start` installs where they were asked for."""

import shutil
from pathlib import Path

import pytest

from tests.support.project import Project, Render


@pytest.fixture
def hooked(render: Render, native_python: str) -> Project:
    """A repository in which `make start` has installed the hooks."""
    project = render(python_version=native_python, dev_tools=["hooks"])
    assert "git init" in project.make("start").output
    project.commit()
    project.make("start")
    return project


def test_hooks_keep_a_mistake_out_of_a_commit(hooked: Project) -> None:
    hooked.replace("src/my_app/cli.py", "import logging", "import logging, os")
    refused = hooked.run("git", "commit", "--all", "--message=mistake", check=False)
    assert refused.code
    assert "make lint" in refused.output
    hooked.make("format")
    hooked.write("NEWS", "better\n")
    hooked.git("add", "--all")
    hooked.git("commit", "--message=fixed")


def test_hooks_keep_a_failing_check_from_being_pushed(hooked: Project, tmp_path: Path) -> None:
    hooked.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    hooked.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    hooked.git("push", "--quiet", "origin", "main")
    hooked.replace("src/my_app/cli.py", "{name}!", "{name}?")
    hooked.git("commit", "--quiet", "--all", "--message=well formatted, and wrong")
    refused = hooked.run("git", "push", "origin", "main", check=False)
    assert refused.code
    assert "make check" in refused.output
    assert "2 failed" in refused.output


def test_a_git_that_distrusts_the_folder_is_named(hooked: Project) -> None:
    """The repository is there, and what fixes it is no `git init`."""
    said = hooked.make("start", GIT_TEST_ASSUME_DIFFERENT_OWNER="1").output
    assert "git config --global --add safe.directory" in said
    assert "git init" not in said


def test_hooks_of_all_repositories_are_left_alone(hooked: Project, tmp_path: Path) -> None:
    """They would refuse each commit elsewhere; what it says is all there is to do."""
    shutil.rmtree(hooked.folder / ".git/hooks")
    (tmp_path / "gitconfig").write_text(f"[core]\nhooksPath = {tmp_path}/hooks\n")
    hooked.env = hooked.env | {"GIT_CONFIG_GLOBAL": f"{tmp_path}/gitconfig"}
    [said] = [x for x in hooked.make("start").output.splitlines() if x.startswith("no hooks")]
    assert not (tmp_path / "hooks").exists()
    hooked.run("sh", "-c", said.partition("for its own: ")[2])
    test_hooks_keep_a_mistake_out_of_a_commit(hooked)


def test_two_projects_of_one_repository_both_have_their_hooks(
    hooked: Project, tmp_path: Path
) -> None:
    """The second does not take the place of the first's; what it says is all there is to do."""
    repository = Project(tmp_path / "both", hooked.env)
    for name in ("one", "the two"):
        ignored = shutil.ignore_patterns(".git", ".venv")
        shutil.copytree(hooked.folder, repository.folder / name, ignore=ignored)
    repository.git("init", "--quiet")
    one, two = (Project(repository.folder / name, hooked.env) for name in ("one", "the two"))
    for _ in range(2):
        assert "no hooks" not in one.make("start").output
    [said] = [x for x in two.make("start").output.splitlines() if x.startswith("no hooks")]
    assert "the repository has those of one; for both: " in said
    two.run("sh", "-c", said.partition("for both: ")[2])
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message=first")
    for project in (one, two):
        project.replace("src/my_app/cli.py", "import logging", "import logging, os")
        refused = project.run("git", "commit", "--all", "--message=mistake", check=False)
        assert refused.code
        assert "make lint" in refused.output
        repository.git("checkout", "--quiet", ".")
    # Of a folder that is gone, nobody needs the hooks.
    (repository.folder / ".pre-commit-config.yaml").unlink()
    one.make("hooks")
    shutil.rmtree(one.folder)
    assert "no hooks" not in two.make("hooks").output
