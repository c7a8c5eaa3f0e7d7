"""A registry on the loopback: the throwaway engine's, or the official image on the host's."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import yaml

from tests.engine import Engine


@contextmanager
def serve(engine: Engine, folder: Path) -> Iterator[str]:
    """Run a registry that keeps what it holds in `folder`; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    if engine.bin:
        storage = {"filesystem": {"rootdirectory": str(folder / "data")}}
        config = {"version": 0.1, "storage": storage, "http": {"addr": address}}
        (folder / "config.yml").write_text(yaml.safe_dump(config))
        command = [str(engine.bin / "docker-registry"), "serve", str(folder / "config.yml")]
    else:
        command = [engine.name, "run", "--rm", f"--publish={address}:5000", "registry:2"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with suppress(OSError):
                urllib.request.urlopen(f"http://{address}/v2/", timeout=5).close()
                break
            assert server.poll() is None, "the registry ended"
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()
