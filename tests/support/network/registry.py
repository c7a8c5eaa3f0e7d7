"""A registry on the loopback: Debian's program, or the official image where that is missing."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from tests.support.engine import Engine
from tests.support.run.left_out import leave_out

# Who may use a private one, as docker-registry reads it: it knows bcrypt alone.
USER, PASSWORD = "ada", "lovelace-1815"
USERS = f"{USER}:$2b$04$nECuzNlCWb65Nl6oVnlbtO7JzlbKFvTU7GUeDV/nOx18lJTVqELSy"


def ask(address: str, path: str) -> Any:
    """Return what a private registry answers, and the digest that it says of it."""
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    accepted = "application/vnd.docker.distribution.manifest.v2+json"
    request = urllib.request.Request(
        f"http://{address}/v2/{path}",
        headers={
            "Authorization": f"Basic {token}",
            "Accept": f"{accepted}, application/vnd.oci.image.manifest.v1+json",
        },
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response) | {"digest": response.headers.get("Docker-Content-Digest")}


def without_tls(address: str, folder: Path) -> dict[str, str]:
    """The environment in which Podman talks to a registry without TLS, as Docker does on a loopback."""
    conf = folder / "registries.conf"
    conf.write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
    return {"CONTAINERS_REGISTRIES_CONF": str(conf)}


@contextmanager
def serve(engine: Engine, folder: Path, private: bool = False) -> Iterator[str]:
    """Run a registry that keeps what it holds in `folder`; gives its address.

    A private one asks for a user and a password.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    (folder / "users").write_text(USERS)
    htpasswd = {"realm": "tests", "path": str(folder / "users")}
    if program := shutil.which("docker-registry", path=engine.env()["PATH"]):
        storage = {"filesystem": {"rootdirectory": str(folder / "data")}}
        config: dict[str, object] = {
            "version": 0.1,
            "storage": storage,
            "http": {"addr": address},
        }
        if private:
            config["auth"] = {"htpasswd": htpasswd}
        (folder / "config.yml").write_text(yaml.safe_dump(config))
        command = [program, "serve", str(folder / "config.yml")]
    else:
        pull = [engine.name, "pull", "--quiet", "registry:2"]
        held = [engine.name, "image", "inspect", "registry:2"]
        if all(subprocess.run(each, capture_output=True).returncode for each in (held, pull)):
            leave_out("there is no registry here, and its image can't be pulled", " ".join(pull))
        command = [engine.name, "run", "--rm", f"--publish={address}:5000"]
        if private:
            auth = [f"REGISTRY_AUTH_HTPASSWD_{key.upper()}={htpasswd[key]}" for key in htpasswd]
            command += [f"--env={each}" for each in ["REGISTRY_AUTH=htpasswd", *auth]]
            command += [f"--volume={folder}:{folder}:ro"]
        command.append("registry:2")
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with suppress(OSError):
                with suppress(urllib.error.HTTPError):  # 401, where it is private
                    urllib.request.urlopen(f"http://{address}/v2/", timeout=5).close()
                break
            assert server.poll() is None, "the registry ended"
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()
