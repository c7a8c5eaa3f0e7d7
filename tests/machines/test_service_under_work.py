"""The service while it is busy: how it stops, whether it is healthy, and what its clients can do."""

import http.client
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.support.project import Project, Render, get_text

# Routes that take their time, and shutdown code.
WORK = """\
import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import BackgroundTasks
from fastapi.responses import StreamingResponse


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    print("tidied up", flush=True)


app = FastAPI(lifespan=lifespan, max_body_size=10_000_000)


@app.post("/taking")
async def taking(body: list[str]) -> int:
    return len(body)


@app.get("/blocking")
def blocking(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


@app.get("/awaiting")
async def awaiting(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


@app.get("/streaming")
async def streaming(seconds: float) -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(int(seconds * 10)):
            yield b"part"
            await asyncio.sleep(0.1)

    return StreamingResponse(parts())


@app.get("/background")
def background(seconds: float, tasks: BackgroundTasks) -> str:
    tasks.add_task(work, seconds)
    return "done"


def work(seconds: float) -> None:
    time.sleep(seconds)
    print("worked", seconds, flush=True)


"""
# What keeps it busy; the last has answered before.
KINDS = ("blocking", "awaiting", "streaming", "background")


@dataclass
class Server:
    """A service that is running: its port, and its process."""

    port: int
    process: subprocess.Popen[str]

    def get(self, path: str) -> str:
        """Return what it answers, or how it did not."""
        try:
            return get_text(f"http://127.0.0.1:{self.port}{path}")
        except HTTPError as error:
            return f"HTTP {error.code}"
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__

    def stop(self) -> tuple[str, float]:
        """Ask it to stop; return what it printed, and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        said, _ = self.process.communicate(timeout=20)
        return said, time.monotonic() - began

    def memory(self) -> int:
        """How many MB it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) // 1024


@pytest.fixture(scope="module")
def busy(render: Render, native_python: str) -> Project:
    """A service with routes that take their time."""
    project = render(kind="service", python_version=native_python)
    app = 'app = FastAPI(title="my-app", max_body_size=10_000_000)\n'
    project.replace("src/my_app/main.py", app, WORK)
    project.make("start")
    return project


@contextmanager
def running(project: Project, port: int, **env: str) -> Iterator[Server]:
    """Start its command, as the image does, with these settings."""
    settings = {"GREETING": "Hello", "PORT": str(port), **env}
    process = subprocess.Popen(
        [".venv/bin/my-app"],
        cwd=project.folder,
        env=project.env | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = Server(port, process)
    try:
        while server.get("/healthz") == "URLError" and process.poll() is None:
            time.sleep(0.1)
        yield server
    finally:
        process.kill()
        process.wait()


def test_a_stop_runs_the_shutdown_code_while_requests_run(busy: Project, port: int) -> None:
    """Those that can end within SHUTDOWN_TIMEOUT do; the others are cut off."""
    with running(busy, port, SHUTDOWN_TIMEOUT="2") as server, ThreadPoolExecutor(8) as clients:
        kept = http.client.HTTPConnection("127.0.0.1", port)
        kept.request("GET", "/")
        kept.getresponse().read()
        short = [clients.submit(server.get, f"/{kind}?seconds=1.5") for kind in KINDS]
        long = [clients.submit(server.get, f"/{kind}?seconds=25") for kind in KINDS]
        time.sleep(0.5)
        said, took = server.stop()
        kept.close()
        done = ['"done"', '"done"', "part" * 15, '"done"']
        assert [each.result() for each in short] == done
        cut_off = ["HTTP 500", "HTTP 500", "IncompleteRead", '"done"']
        assert [each.result() for each in long] == cut_off
    assert "worked 1.5" in said
    assert "worked 25" not in said
    assert "tidied up" in said
    assert server.process.returncode == -signal.SIGTERM
    assert 2 <= took < 4, took


def test_an_idle_service_stops_at_once_also_with_connections_that_are_kept(
    busy: Project, port: int
) -> None:
    with running(busy, port, WEB_CONCURRENCY="4") as server:
        kept = http.client.HTTPConnection("127.0.0.1", port)
        kept.request("GET", "/")
        kept.getresponse().read()
        said, took = server.stop()
        kept.close()
    assert "tidied up" in said
    assert took < 2, took


def test_it_is_healthy_while_each_thread_is_busy(busy: Project, port: int) -> None:
    """With 45 requests for 40 threads; as a `def` the health check would wait for one of them."""
    with running(busy, port) as server, ThreadPoolExecutor(45) as clients:
        work = [clients.submit(server.get, "/blocking?seconds=3") for _ in range(45)]
        time.sleep(1)
        began = time.monotonic()
        assert server.get("/healthz") == '{"status":"ok"}'
        took = time.monotonic() - began
        assert not any(each.done() for each in work)
        assert took < 1, took
        server.stop()


@pytest.mark.parametrize(
    ("trusted", "logged"), [("127.0.0.1", "203.0.113.9"), ("192.0.2.0/24", "127.0.0.1")]
)
def test_only_a_proxy_that_is_named_says_who_the_client_is(
    busy: Project, port: int, trusted: str, logged: str
) -> None:
    with running(busy, port, FORWARDED_ALLOW_IPS=trusted) as server:
        client = http.client.HTTPConnection("127.0.0.1", port)
        client.request("GET", "/?name=Ada", headers={"X-Forwarded-For": "203.0.113.9"})
        client.getresponse().read()
        client.close()
        said, _ = server.stop()
    assert f"{logged}:" in next(line for line in said.splitlines() if "name=Ada" in line)


@pytest.fixture
def many_files() -> Iterator[None]:
    """A shell allows 1,024 open files or fewer, unless it is asked for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096 if hard < 0 else min(4096, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_clients_that_send_much_or_slowly_or_nothing_take_little(busy: Project, port: int) -> None:
    """A gigabyte, 1,000 connections without a request, a slow one."""
    with running(busy, port) as server, ExitStack() as open_:
        before = server.memory()
        address = ("127.0.0.1", port)
        for _ in range(1000):
            open_.enter_context(socket.create_connection(address))
        slow = open_.enter_context(socket.create_connection(address))
        for byte in b"GET":
            slow.sendall(bytes([byte]))
            time.sleep(1)
        large = open_.enter_context(socket.create_connection(address, timeout=2))
        large.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
        sent, part = 0, os.urandom(1_000_000)
        try:
            while sent < 1000:
                large.sendall(part)
                sent += 1
        except OSError:
            pass  # it closed the connection
        assert server.get("/healthz") == '{"status":"ok"}'
        assert server.memory() - before < 30, (before, server.memory(), sent)
        said, took = server.stop()
    assert "tidied up" in said
    assert took < 2, took


@pytest.mark.parametrize("path", ["/", "/taking"])
def test_a_body_of_a_gigabyte_is_refused_and_not_kept(busy: Project, port: int, path: str) -> None:
    """At once if it says how large it is, otherwise when it has become too large."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with running(busy, port) as server:
        before = server.memory()
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(f"{head}Content-Length: 1000000000\r\n\r\n[".encode())
            assert client.recv(1000).startswith(b"HTTP/1.1 413 ")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            with suppress(OSError):
                for _ in range(1000):
                    client.sendall(b"100000\r\n" + b"1" * 0x100000 + b"\r\n")
        assert server.get("/healthz") == '{"status":"ok"}'
        assert server.memory() - before < 60, (before, server.memory())
