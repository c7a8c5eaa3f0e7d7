"""What stands for osv.dev, a database of vulnerabilities."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar


class Database(BaseHTTPRequestHandler):
    """Answers as osv.dev does; it knows of a vulnerability in typer."""

    found: ClassVar[dict[str, object]] = {
        "id": "GHSA-0000-0000-0000",
        "modified": "2026-01-01T00:00:00Z",
        "summary": "It greets too loudly",
    }

    def do_POST(self) -> None:
        """Answer for each package in the question, in their order."""
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        names = [query["package"]["name"] for query in queries]
        self.send({"results": [{"vulns": [self.found]} if n == "typer" else {} for n in names]})

    def do_GET(self) -> None:
        """Answer what is known of a vulnerability."""
        self.send(self.found)

    def send(self, answer: dict[str, object]) -> None:
        """Send JSON."""
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def database() -> Iterator[str]:
    """Serve it; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Database) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
