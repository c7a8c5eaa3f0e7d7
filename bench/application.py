"""What the rendered application costs when it runs: a request to the service, a start of the command."""

import http.client
import resource
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from .commands import newest_python, render, run
from .images import cpu

REQUESTS = 2000
# As many services are written: a thread for the route and its dependency, and a parser in Python.
SIMPLE = {
    "from fastapi import FastAPI": "from typing import Annotated\n\nfrom fastapi import Depends, FastAPI",
    "import load": "import Settings, load",
    "async def greet(": "def greet(settings: Annotated[Settings, Depends(load)], ",
    "        app,\n": '        app,\n        http="h11",\n',
}


def measure(folder: Path, env: Mapping[str, str], rounds: int) -> Iterator[tuple[str, str, float]]:
    """Measure round by round; yield what was measured, of which variant, and its CPU time."""
    python = f"python_version={newest_python(env)}"
    cli = render(folder / "cli", env, python, kind="cli")
    projects = {name: render(folder / name, env, python) for name in ("simple", "rendered")}
    main = projects["simple"] / "src/my_app/main.py"
    text = main.read_text()
    for line, simple in SIMPLE.items():
        assert line in text, f"main.py has changed: {line}"
        text = text.replace(line, simple)
    main.write_text(text)
    for project in (cli, *projects.values()):
        run("make start", project, env)
    commands = {
        "simple": [f"{cli}/.venv/bin/python", "-c", "pass"],
        "rendered": [f"{cli}/.venv/bin/my-app"],
    }
    for number in range(rounds):
        for name in sorted(projects, reverse=number % 2 == 1):
            with serving(projects[name], env) as (port, server):
                yield "CPU for 1,000 requests", name, for_requests(port, server) * 1000 / REQUESTS
            yield "CPU to run the command", name, for_start(commands[name], env)


@contextmanager
def serving(project: Path, env: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Serve as the image does; gives the port and the process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {**env, "GREETING": "Hello", "LOG_LEVEL": "WARNING", "PORT": str(port)}
    server = subprocess.Popen([project / ".venv/bin/my-app"], env=settings)
    try:
        for _ in range(1000):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.02)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait()


def for_requests(port: int, server: int) -> float:
    """Return the CPU seconds that the server uses for the requests, on one connection."""
    client = http.client.HTTPConnection("127.0.0.1", port)

    def send(requests: int) -> float:
        for _ in range(requests):
            client.request("GET", "/")
            client.getresponse().read()
        return cpu(Path(f"/proc/{server}/stat").read_text())

    before = send(100)
    return send(REQUESTS) - before


def for_start(command: list[str], env: Mapping[str, str]) -> float:
    """Return the CPU seconds that a command uses; the mean of ten, which the kernel counts roughly."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    before = used()
    for _ in range(10):
        subprocess.run(
            command, env={**env, "GREETING": "Hello"}, check=True, stdout=subprocess.DEVNULL
        )
    return (used() - before) / 10
