"""A mirror of the package index, for the tests: over HTTP or TLS, with a password or without."""

import json
import ssl
import tomllib
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.support.project import Project
from tests.support.reading.pages import listings

FILES = "https://files.pythonhosted.org"


class Mirror(ThreadingHTTPServer):
    """An index (PEP 691) of the packages in a lock, which keeps what it serves."""

    request_queue_size = 128  # uv opens some fifty connections at once

    def __init__(
        self,
        locks: list[Path],
        folder: Path,
        host: str,
        login: str,
        tls: ssl.SSLContext | None,
        files: str,
    ) -> None:
        """Listen on a free port of that host; `login` is a name and a password, joined by a colon.

        `files` is another address that leads here, for the files that it lists.
        """
        super().__init__((host, 0), Answer)
        self.locks, self.folder = locks, folder
        self.wanted = f"Basic {b64encode(login.encode()).decode()}" if login else None
        # Its address, as https://pypi.org and https://files.pythonhosted.org are PyPI's.
        self.url = f"{'https' if tls else 'http'}://{host}:{self.server_port}"
        self.files = files or self.url
        if tls:
            # In the thread that answers, so that nobody waits for a slow client.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    @cached_property
    def pages(self) -> dict[str, bytes]:
        """The page of each package: its files as the locks name them, but at this address."""
        files: dict[str, list[dict[str, Any]]] = {}
        for package in [
            package
            for lock in self.locks
            for package in tomllib.loads(lock.read_text())["package"]
            if "registry" in package["source"]
        ]:
            for file in [*package.get("wheels", []), package.get("sdist")]:
                if file and file not in files.setdefault(package["name"], []):
                    files[package["name"]].append(file)
        return {
            f"/simple/{name}/": json.dumps(
                {
                    "meta": {"api-version": "1.1"},
                    "name": name,
                    "files": [
                        {
                            "filename": file["url"].rpartition("/")[2],
                            "url": file["url"].replace(FILES, self.files),
                            "hashes": {"sha256": file["hash"].removeprefix("sha256:")},
                            "size": file["size"],
                            "upload-time": file["upload-time"],
                        }
                        for file in listed
                    ],
                }
            ).encode()
            for name, listed in files.items()
        }

    def file(self, path: str) -> bytes:
        """A file, fetched from PyPI once."""
        kept = self.folder / path.replace("/", "_")
        if not kept.exists():
            with urllib.request.urlopen(FILES + path, timeout=60) as response:
                kept.write_bytes(response.read())
        return kept.read_bytes()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


class Answer(BaseHTTPRequestHandler):
    """How it answers."""

    server: Mirror

    def do_GET(self) -> None:
        """Send a page or a file."""
        if self.server.wanted and self.headers.get("Authorization") != self.server.wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        page = self.server.pages.get(self.path)
        known = page or self.path.startswith("/packages/")
        body = page or (self.server.file(self.path) if known else b"")
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def mirrored(
    locks: list[Path],
    folder: Path,
    host: str = "127.0.0.1",
    login: str = "",
    tls: ssl.SSLContext | None = None,
    files: str = "",
) -> Iterator[Mirror]:
    """Serve what is in the locks, keeping what was fetched in `folder`."""
    with Mirror(locks, folder, host, login, tls, files) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def use_mirror(project: Project, mirror: Mirror) -> None:
    """Do what the handbook says of a mirror of PyPI."""
    [example] = listings(project.read("make/README.md"), "toml")
    index = example.replace("https://pypi.example.org", mirror.url)
    project.write("pyproject.toml", f"{project.read('pyproject.toml')}\n{index}")
