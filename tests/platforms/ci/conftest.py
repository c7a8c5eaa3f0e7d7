"""What the tests of the CI files look at."""

import pytest

from tests.support.answers import EVERYTHING
from tests.support.project import Project, Render


@pytest.fixture(scope="module")
def everywhere(render: Render) -> Project:
    """A project with the files of all platforms."""
    return render(**EVERYTHING)
