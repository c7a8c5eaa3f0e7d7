"""The commit that an image names: git says it, or says why it can't, and never says nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.scripts.conftest import IMAGE, recorded, under
from tests.support.project import Project

# git's own switch, for tests of what it does in the folder of another user.
ANOTHER_USER = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}


def test_an_image_names_its_commit(committed: Project) -> None:
    committed.run("sh", "make/build", IMAGE)
    [build] = recorded(committed, "build")
    name = committed.git("rev-parse", "HEAD").output.strip()
    assert f"org.opencontainers.image.revision={name}" in build


def test_an_image_names_what_is_not_committed(committed: Project) -> None:
    """Two clones at one commit, each with its own work, share the image's name."""
    dockerfile = committed.read("Dockerfile")
    names = []
    for edit in ("# mine", "# yours", "# mine"):
        committed.write("Dockerfile", f"{dockerfile}{edit}\n")
        committed.run("sh", "make/build", IMAGE)
        [build] = recorded(committed, "build")
        names += [word for word in build if word.startswith("org.opencontainers.image.revision=")]
    mine, yours, again = names
    assert "-dirty-" in mine
    assert mine == again != yours


@pytest.mark.parametrize("repository", [False, True])
def test_a_folder_without_a_repository_or_a_commit_is_built(
    recording: Project, repository: bool
) -> None:
    if repository:
        recording.git("init", "--quiet")
    recording.run("sh", "make/build", IMAGE)
    [build] = recorded(recording, "build")
    assert not any(word.startswith("org.opencontainers.image.revision") for word in build)


def test_a_git_that_distrusts_the_folder_is_an_error_that_names_the_fix(committed: Project) -> None:
    refused = under(committed, **ANOTHER_USER).run("sh", "make/build", IMAGE, check=False)
    fix = f"git config --global --add safe.directory '{committed.folder}'"
    assert refused.output == (
        f"git does not trust {committed.folder}, which belongs to another user: {fix}\n"
    )
    assert refused.code == 1
    assert recorded(committed, "build") == []
    committed.run("sh", "-c", fix)
    under(committed, **ANOTHER_USER).run("sh", "make/build", IMAGE)
    assert len(recorded(committed, "build")) == 1


def broken(project: Project) -> None:
    (project.folder / ".git/HEAD").unlink()


def lost(project: Project) -> None:
    (project.folder / ".git/objects").rename(project.folder / ".git/lost")
    (project.folder / ".git/objects").mkdir()


def elsewhere(project: Project) -> None:
    """A worktree whose repository is not on this machine, as in a container that mounts it alone."""
    (project.folder / ".git").rename(project.folder.parent / "git")
    project.write(".git", "gitdir: /not/here\n")


@pytest.mark.parametrize("breaks", [broken, lost, elsewhere])
def test_a_git_that_fails_is_an_error_with_git_s_own_words(
    committed: Project, breaks: Callable[[Project], None]
) -> None:
    breaks(committed)
    refused = committed.run("sh", "make/build", IMAGE, check=False)
    assert "fatal: " in refused.output
    assert refused.last_line == (
        f"git can't read the commit in {committed.folder}, the error above says why"
    )
    assert recorded(committed, "build") == []


def test_a_repository_on_a_machine_without_git_is_an_error(committed: Project) -> None:
    path, _, utilities = committed.env["PATH"].partition(":")
    without = committed.folder.parent / "without git"
    without.mkdir()
    for tool in Path(utilities).iterdir():
        if tool.name != "git":
            (without / tool.name).symlink_to(tool.readlink())
    refused = under(committed, PATH=f"{path}:{without}").run("sh", "make/build", IMAGE, check=False)
    assert refused.last_line.endswith("and git is not on this machine: install git")
