"""Behind a company's walls, natively; tests/containers/test_secrets.py has the image."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, Project, Render
from tests.mirror import use_mirror
from tests.walls import Walls, walls

# What a person's shell lacks, or has wrong, and what uv says then.
WALLS = [
    ("NETRC", "", "401 Unauthorized"),
    ("SSL_CERT_FILE", "", "UnknownIssuer"),
    ("HTTPS_PROXY", "", "dns error"),
    ("HTTPS_PROXY", "http://ada:wrong@{proxy}", "proxy authorization required"),
    ("NO_PROXY", "", "tunnel error: unsuccessful"),
]


@pytest.fixture
def company(native_python: str, fetched: Path, tmp_path: Path) -> Iterator[Walls]:
    """A company with everything that the default project installs."""
    locks = [TEMPLATE / f"lock/{native_python}/uv.lock", TEMPLATE / "uv.lock"]
    with walls(locks, fetched, tmp_path) as company:
        yield company


def test_all_commands_pass_a_companys_walls(
    company: Walls, render: Render, native_python: str, tmp_path: Path
) -> None:
    project = render(python_version=native_python, type_checker="none", dev_tools=[])
    use_mirror(project, company.mirror)
    env = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_HTTP_RETRIES": "0"}
    inside = Project(project.folder, project.env | env | company.env)
    inside.make("lock", "start", "check")
    assert set(company.proxy.asked) == {f"{company.outside}:443"}
    for name, value, said in WALLS:
        value = value.format(proxy=company.proxy.url.partition("@")[2])
        missing = {name: value, "UV_CACHE_DIR": str(tmp_path / "empty")}
        refused = Project(inside.folder, inside.env | missing).make("upgrade", check=False)
        assert refused.code
        assert said in refused.output
