"""In a corporate network, natively; tests/containers/test_secrets.py has the image."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.answers import TEMPLATE
from tests.support.network.corporate import CorporateNetwork, corporate_network
from tests.support.network.mirror import use_mirror
from tests.support.project import Project, Render

# A variable that is missing or wrong in a user's shell, and what uv says then.
MISSING = [
    ("NETRC", "", "401 Unauthorized"),
    ("SSL_CERT_FILE", "", "UnknownIssuer"),
    ("HTTPS_PROXY", "", "dns error"),
    ("HTTPS_PROXY", "http://ada:wrong@{proxy}", "proxy authorization required"),
    ("NO_PROXY", "", "tunnel error: unsuccessful"),
]


@pytest.fixture
def company(native_python: str, fetched: Path, tmp_path: Path) -> Iterator[CorporateNetwork]:
    """A corporate network with everything that the default project installs."""
    locks = [TEMPLATE / f"lock/{native_python}/uv.lock", TEMPLATE / "uv.lock"]
    with corporate_network(locks, fetched, tmp_path) as company:
        yield company


def test_all_commands_work_in_a_corporate_network(
    company: CorporateNetwork, render: Render, native_python: str, tmp_path: Path
) -> None:
    project = render(python_version=native_python, type_checker="none", dev_tools=[])
    use_mirror(project, company.mirror)
    env = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_HTTP_RETRIES": "0"}
    inside = Project(project.folder, project.env | env | company.env)
    inside.make("lock", "start", "check")
    assert set(company.proxy.asked) == {f"{company.outside}:443"}
    for name, value, said in MISSING:
        value = value.format(proxy=company.proxy.url.partition("@")[2])
        missing = {name: value, "UV_CACHE_DIR": str(tmp_path / "empty")}
        refused = Project(inside.folder, inside.env | missing).make("upgrade", check=False)
        assert refused.code
        assert said in refused.output
