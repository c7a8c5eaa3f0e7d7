"""osv.dev, in which one version of one package has a vulnerability."""

import json
from http.server import BaseHTTPRequestHandler
from typing import ClassVar


class Database(BaseHTTPRequestHandler):
    """A database in the way of osv.dev, in which one version of typer has a vulnerability."""

    found: ClassVar[dict[str, object]] = {
        "id": "GHSA-0000-0000-0000",
        "modified": "2026-01-01T00:00:00Z",
        "summary": "It greets too loudly",
    }

    def do_POST(self) -> None:
        """Answer which packages have vulnerabilities, in their order."""
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
