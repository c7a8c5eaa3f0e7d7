"""What must not get into an image, and what a build may see without keeping it."""

import gzip
import os
import re
import shutil
import socket
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.conftest import app_name, inspect, package, run_engine
from tests.support.answers import DEFAULT_PYTHON, TEMPLATE
from tests.support.containers import Containerised
from tests.support.machines.here import without_uv
from tests.support.network.corporate import CorporateNetwork, corporate_network
from tests.support.network.mirror import use_mirror
from tests.support.project import Project

SECRET = [
    ".env",
    ".env.production",
    ".git/config",
    ".netrc",
    ".venv/pyvenv.cfg",
    ".aws/credentials",
    ".azure/accessTokens.json",
    ".config/gcloud/application_default_credentials.json",
    ".docker/config.json",
    ".idea/dataSources.xml",
    ".kube/config",
    ".ssh/id_ed25519",
    ".vscode/settings.json",
    "id_rsa",
    "tls.key",
    "tls.pem",
]


def blobs(project: Project, *tag: str) -> Iterator[bytes]:
    """Everything that the saved image holds: its layers, its settings, its history."""
    project.make("save", *tag)
    archive = project.folder / f"{app_name(project)}.tar"
    with tarfile.open(archive) as image:
        for member in filter(tarfile.TarInfo.isfile, image):
            content = image.extractfile(member)
            assert content
            blob = content.read()
            yield gzip.decompress(blob) if blob.startswith(b"\x1f\x8b") else blob
    archive.unlink()


@pytest.mark.any_engine
@pytest.mark.parametrize("either", ["cli", "adopted"], indirect=True)
def test_no_secret_gets_into_any_layer(either: Project, tmp_path: Path) -> None:
    project = Project(tmp_path / "leak", either.env)
    shutil.copytree(either.folder, project.folder, symlinks=True)
    source = f"src/{package(project)}"
    beside = [
        f"{folder}{path}" for folder in ("", f"{source}/", f"{source}/deep/er/") for path in SECRET
    ]
    marker = os.urandom(8).hex()
    for path in beside:
        project.write(path, f"LEAKED={marker}:{path}:\n")
    project.git("init", "--quiet")  # whose settings the marker took the place of
    project.write(f"{source}/data.txt", f"LEAKED={marker}:data:\n")
    project.write(".git/hooks/marker", f"LEAKED={marker}:.git/hooks:\n")
    refused = project.make("build", "TAG=leak", check=False)
    assert refused.code
    assert (
        "a line of .dockerignore hides it; rename it, or where it is no secret" in refused.last_line
    )
    found = {
        name
        for blob in blobs(project, "TAG=leak")
        for name in re.findall(rf"LEAKED={marker}:(.*?):".encode(), blob)
    }
    run_engine(project, "image", "rm", f"{app_name(project)}:leak")
    assert found == {b"data"}, "what a package may hold, and nothing else"


def address() -> str:
    """The address of this machine that a container reaches, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


@pytest.fixture
def company(fetched: Path, tmp_path: Path) -> Iterator[CorporateNetwork]:
    """A corporate network with everything that a small project's image and commands install."""
    locks = [TEMPLATE / f"lock/{DEFAULT_PYTHON}/uv.lock", TEMPLATE / "uv.lock"]
    with corporate_network(locks, fetched, tmp_path, address()) as company:
        yield company


def test_a_build_works_in_a_corporate_network_and_keeps_no_credentials(
    company: CorporateNetwork,
    mirrored_images: dict[str, str],
    plain_http: dict[str, str],
    containerised: Containerised,
    tmp_path: Path,
    worker_id: str,
) -> None:
    """On a machine without uv; `tests/machines/test_corporate_network.py` shows that each setting is needed.

    The proxy's variables are spelled in both ways, and the registries that the Dockerfile names are out of reach.
    """
    name = f"company-{worker_id}"
    project = containerised(app_name=name, type_checker="none", dev_tools=[])
    project.replace("Dockerfile", "=ghcr.io/", "=ghcr.invalid/")
    project.replace("Dockerfile", "=python:", "=docker.invalid/python:")
    use_mirror(project, company.mirror)
    bare = without_uv(tmp_path / "bin", project.env["ENGINE"], project.env["PATH"])
    project.env = project.env | plain_http | {"PATH": bare}
    known = company.env | mirrored_images
    lower = {name.lower() if "PROXY" in name else name: known[name] for name in known}
    inside = Project(project.folder, project.env | lower)

    inside.make("lock", "start", "check")
    assert set(company.proxy.asked) == {f"{company.outside}:443"}
    company.proxy.asked.clear()
    project.commit()
    project.make("build", *(f"{name}={value}" for name, value in known.items()))
    assert set(company.proxy.asked) == {f"{company.outside}:443"}
    assert company.mirror.url in project.read("uv.lock")

    base = inspect(project)["Config"]["Labels"]["org.opencontainers.image.base.name"]
    assert base == mirrored_images["PYTHON_IMAGE"]
    history = run_engine(project, "history", "--no-trunc", name)
    assert "ENTRYPOINT" in history
    for blob in [*blobs(project), history.encode()]:
        assert not [secret for secret in company.secrets if secret in blob]
    assert project.make("up").last_line == "Hello, World!"
    inside.make("clean")
    run_engine(project, "image", "rm", *mirrored_images.values(), check=False)
