"""The hooks of git, which `make start` installs where they were asked for."""

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
