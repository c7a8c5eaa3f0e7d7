"""A service, for the commands that look at it."""

import shutil
from pathlib import Path

import pytest

from tests.support.project import Project, Render


@pytest.fixture(scope="module")
def born(render: Render, native_python: str) -> Project:
    """A service as it is rendered, for the tests that change nothing."""
    return render(python_version=native_python, kind="service")


@pytest.fixture
def service(born: Project, tmp_path: Path) -> Project:
    """A copy of it."""
    return Project(shutil.copytree(born.folder, tmp_path / "service"), born.env)
