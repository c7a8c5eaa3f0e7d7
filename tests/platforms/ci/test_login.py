"""`make push` logs in by itself, on a runner with Docker and on one with Podman alone."""

import base64
from pathlib import Path

import pytest

from tests.support.containers import Containerised
from tests.support.engine import Engine
from tests.support.network.registry import PASSWORD, USER, serve, without_tls


@pytest.mark.slow
def test_a_registry_that_asks_for_a_password_gets_it_on_any_engine(
    engine: Engine,
    containerised: Containerised,
    native_python: str,
    worker_id: str,
    tmp_path: Path,
) -> None:
    name = f"pushed-{worker_id}"
    project = containerised(app_name=name, python_version=native_python)
    for folder in ("home", "temporary", "registry"):
        (tmp_path / folder).mkdir()
    with serve(engine, tmp_path / "registry", private=True) as address:
        home = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
        project.env = project.env | without_tls(address, tmp_path) | home | {"CI": "true"}
        image = f"{address}/team/{name}"
        named = (f"IMAGE={image}", "TAG=1.0")
        project.make("needs-engine", ".env", "build", "up", "down", *named)
        refused = project.make("push", *named, check=False)
        assert refused.last_line == (
            f"{image}:1.0 was not pushed, the error above says why; where {address} asks for a"
            " login, set REGISTRY_USER and REGISTRY_PASSWORD"
        )
        login = {"REGISTRY_USER": USER, "REGISTRY_PASSWORD": PASSWORD}
        said = project.make("push", *named, check=True, **login)
        digest, pushed = project.read("dist/pushed.sha256").split()
        assert pushed == image
        assert said.last_line == f"pushed {image}@sha256:{digest}"
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    ours = [path for path in kept if "registry" not in path.relative_to(tmp_path).parts]
    assert not any(secret in path.read_bytes() for path in ours)
    project.run(engine.name, "image", "rm", f"{image}:1.0")
