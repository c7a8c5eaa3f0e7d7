"""A proxy, for the tests: it asks for a password, and is the only way to what it knows."""

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Proxy(ThreadingHTTPServer):
    """A proxy that knows some places, and keeps who was asked for."""

    request_queue_size = 128  # uv opens some fifty connections at once

    def __init__(self, host: str, login: str, known: dict[str, tuple[str, int]]) -> None:
        """Listen on a free port of that host; `login` is a name and a password, joined by a colon.

        `known` says for each name, with its port, where it really is.
        """
        super().__init__((host, 0), Tunnel)
        self.known = known
        self.wanted = f"Basic {b64encode(login.encode()).decode()}"
        self.url = f"http://{login}@{host}:{self.server_port}"
        self.asked: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


class Tunnel(BaseHTTPRequestHandler):
    """How it answers."""

    server: Proxy

    def do_CONNECT(self) -> None:
        """Pass everything on, in both directions."""
        self.close_connection = True
        if self.headers.get("Proxy-Authorization") != self.server.wanted:
            self.send_error(407)
            return
        self.server.asked.append(self.path)
        if self.path not in self.server.known:
            self.send_error(403)
            return
        with socket.create_connection(self.server.known[self.path]) as there:
            self.send_response(200)
            self.end_headers()
            back = Thread(target=pour, args=(there, self.connection), daemon=True)
            back.start()
            pour(self.connection, there)
            back.join()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def pour(source: socket.socket, target: socket.socket) -> None:
    """Send what comes from one side to the other, until it ends or either hangs up."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxied(host: str, login: str, known: dict[str, tuple[str, int]]) -> Iterator[Proxy]:
    """Run such a proxy."""
    with Proxy(host, login, known) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
