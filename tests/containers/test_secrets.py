"""What must not get into an image, and what a build may see without keeping it."""

import gzip
import os
import re
import socket
import ssl
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
import trustme

from tests.conftest import TEMPLATE, Containerised, Project
from tests.containers.conftest import app_name, run_engine
from tests.mirror import Mirror, mirrored, use_mirror

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


def blobs(project: Project) -> Iterator[bytes]:
    """Everything that the saved image holds: its layers, its settings, its history."""
    project.make("save")
    archive = project.folder / f"{app_name(project)}.tar"
    with tarfile.open(archive) as image:
        for member in filter(tarfile.TarInfo.isfile, image):
            content = image.extractfile(member)
            assert content
            blob = content.read()
            yield gzip.decompress(blob) if blob.startswith(b"\x1f\x8b") else blob
    archive.unlink()


def test_no_secret_gets_into_any_layer(
    containerised: Containerised, worker_id: str, tmp_path: Path
) -> None:
    project = containerised(app_name=f"leak-{worker_id}")
    project.commit()
    package = f"src/leak_{worker_id}"
    beside = [
        f"{folder}{path}"
        for folder in ("", f"{package}/", f"{package}/deep/er/")
        for path in SECRET
    ]
    marker = os.urandom(8).hex()
    for path in beside:
        project.write(path, f"LEAKED={marker}:{path}:\n")
    project.git("init", "--quiet")  # whose settings the marker took the place of
    project.write(f"{package}/data.txt", f"LEAKED={marker}:data:\n")
    project.write(".git/hooks/marker", f"LEAKED={marker}:.git/hooks:\n")
    project.make("build")
    found = {
        name
        for blob in blobs(project)
        for name in re.findall(rf"LEAKED={marker}:(.*?):".encode(), blob)
    }
    assert found == {b"data"}, "what a package may hold, and nothing else"


def address() -> str:
    """The address of this machine that a container reaches, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


class Company(Protocol):
    """Set up a company's mirror; return it and a project that is locked to it."""

    def __call__(
        self, login: str = "", tls: ssl.SSLContext | None = None, **env: str
    ) -> tuple[Project, Mirror]:
        """Take the login and the certificate that it has, and what a person's shell knows of it."""
        ...


@pytest.fixture
def company(
    containerised: Containerised, native_python: str, worker_id: str, tmp_path: Path
) -> Iterator[Company]:
    """A project of a company with a mirror, which its image comes from as well."""
    with ExitStack() as running:

        def company(
            login: str = "", tls: ssl.SSLContext | None = None, **env: str
        ) -> tuple[Project, Mirror]:
            locks = [TEMPLATE / f"lock/{native_python}/uv.lock", TEMPLATE / "uv.lock"]
            mirror = running.enter_context(mirrored(locks, tmp_path, address(), login, tls))
            project = containerised(app_name=f"company-{worker_id}", python_version=native_python)
            use_mirror(project, mirror)
            cache = tmp_path / "uv-cache"
            project.env = project.env | {"UV_CACHE_DIR": str(cache)}
            Project(project.folder, project.env | env).make("lock")
            project.commit()
            return project, mirror

        yield company


def test_a_private_index_by_netrc(company: Company, tmp_path: Path) -> None:
    password = os.urandom(8).hex()
    netrc = tmp_path / "net rc"
    netrc.write_text(f"machine {address()} login ada password {password}\n")
    project, mirror = company(login=f"ada:{password}", NETRC=str(netrc))
    refused = project.make("build", check=False)
    assert refused.code
    assert "401 Unauthorized" in refused.output

    project.make("build", f"NETRC={netrc}")
    assert mirror.url in project.read("uv.lock")
    assert not [blob for blob in blobs(project) if password.encode() in blob]
    history = run_engine(project, "history", "--no-trunc", app_name(project))
    assert password not in history
    assert "ENTRYPOINT" in history


def test_an_index_behind_an_authority_of_the_company(company: Company, tmp_path: Path) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(address()).configure_cert(tls)
    bundle = tmp_path / "company authority.pem"
    authority.cert_pem.write_to_path(bundle)
    project, _ = company(tls=tls, SSL_CERT_FILE=str(bundle))
    refused = project.make("build", check=False)
    assert refused.code
    assert "UnknownIssuer" in refused.output

    project.make("build", f"SSL_CERT_FILE={bundle}")
    own = bundle.read_bytes().split(b"\n")[1]
    assert not [blob for blob in blobs(project) if own in blob]
