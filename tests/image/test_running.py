"""Layer 3: the image and its container, looked at from outside."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DEFAULT_PYTHON, UV_VERSION, Containerised, Machine, Project, get

KINDS = ["cli", "service"]
HARDENED = {
    "ReadonlyRootfs": True,
    "CapDrop": ["ALL"],
    "SecurityOpt": ["no-new-privileges"],
    "PidsLimit": 256,
    "Init": True,
    "Tmpfs": {"/tmp": ""},
}


@pytest.fixture(scope="session", params=KINDS)
def built(request: pytest.FixtureRequest, containerised: Containerised, worker_id: str) -> Project:
    """A project of each kind with its image, a commit behind it and secrets beside it."""
    project = containerised(app_name=f"built-{request.param}-{worker_id}", kind=request.param)
    project.commit()
    project.write(".env", "GREETING=Ahoy\n")
    for secret in (".env", "deploy.key", "deploy.pem", "id_rsa"):
        project.write(f"src/built_{request.param}_{worker_id}/{secret}", "SECRET=1\n")
    project.make("build")
    return project


@pytest.fixture(scope="session")
def service(containerised: Containerised, worker_id: str) -> Project:
    """A service with its image."""
    project = containerised(app_name=f"service-{worker_id}", kind="service")
    project.write(".env", "GREETING=Ahoy\nLOG_LEVEL=INFO\n")
    project.make("build")
    return project


@pytest.fixture(scope="session")
def cli(containerised: Containerised, worker_id: str) -> Project:
    """A command-line application with its image."""
    project = containerised(app_name=f"cli-{worker_id}")
    project.write(".env", "GREETING=Ahoy\n")
    project.make("build")
    return project


def engine(project: Project, *arguments: str) -> str:
    return project.run(project.env["ENGINE"], *arguments).output


def app_name(project: Project) -> str:
    [name] = re.findall(r'^name = "(.*)"', project.read("pyproject.toml"), re.MULTILINE)
    return str(name)


def inspect(project: Project, kind: str) -> dict[str, object]:
    described: list[dict[str, object]] = json.loads(
        engine(project, kind, "inspect", app_name(project))
    )
    return described[0]


def inside(project: Project, script: str) -> str:
    """What a shell script prints in a new container of the image."""
    return project.make("shell", stdin=script).output


@pytest.mark.parametrize("python", [DEFAULT_PYTHON, "3.11", "3.15"])
@pytest.mark.parametrize("kind", KINDS)
def test_check_build_up_down(
    python: str,
    kind: str,
    containerised: Containerised,
    fresh_machine: Callable[[str], Machine],
    port: int,
) -> None:
    name = f"{kind}-{python.replace('.', 'x')}"
    project = containerised(app_name=name, python_version=python, kind=kind)
    builder = f"ghcr.io/astral-sh/uv:{UV_VERSION}-python{python}-trixie-slim"
    fresh_machine(builder).run(project.folder, "make", "start", "check")

    project.write(".env", project.read(".env.example"))
    up = project.make("build", "up", f"PORT={port}")
    if kind == "cli":
        assert up.last_line == "Hello, World!"
    else:
        url = f"http://127.0.0.1:{port}"
        assert up.last_line == f"{name} is up: {url}"
        assert get(url) == {"message": "Hello, World!"}
    project.make("down")
    assert engine(project, "ps", "--all", "--quiet", f"--filter=name={name}") == ""


def test_the_image_runs_as_nobody_in_particular(built: Project) -> None:
    assert inside(built, "id -u; id -g").split() == ["10001", "10001"]


def test_the_image_holds_what_production_needs_and_nothing_else(built: Project) -> None:
    files = inside(built, "find / -xdev 2>/dev/null; true").splitlines()
    names = {Path(file).name for file in files}
    assert {"fastapi", "typer"} & names
    assert not {"uv", "uvx", "pytest", "ruff", "mypy", ".git", "uv.lock"} & names
    assert not {".env", "deploy.key", "deploy.pem", "id_rsa"} & names
    kept_out = ("/source", "/root/.cache/uv", "/app/tests", "/app/src", "/project")
    assert not [file for file in files if file.startswith(kept_out)]


@pytest.mark.parametrize("module", ["{package}.settings", "pydantic.main", "json.decoder"])
def test_bytecode_is_there(built: Project, module: str) -> None:
    """Of the project, of its packages and of the standard library: a container can't write any."""
    module = module.format(package=app_name(built).replace("-", "_"))
    spec = f"__import__('importlib.util').util.find_spec('{module}')"
    script = f'python -c "import os; spec = {spec}; print(os.path.exists(spec.cached))"'
    assert inside(built, script) == "True\n"


def test_labels_say_what_the_image_is(built: Project) -> None:
    config = inspect(built, "image")["Config"]
    assert isinstance(config, dict)
    labels = {name.split(".")[-1]: value for name, value in config["Labels"].items()}
    assert labels["title"].startswith("built-")
    assert labels["licenses"] == "MIT"
    assert labels["version"] == "0.1.0"
    assert labels["revision"] == built.git("rev-parse", "HEAD").output.strip()
    assert labels["name"] == f"python:{DEFAULT_PYTHON}-slim-trixie"


def test_dependencies_survive_a_change_of_source(service: Project) -> None:
    def layers() -> Any:
        return json.loads(
            engine(
                service, "image", "inspect", "--format={{json .RootFS.Layers}}", app_name(service)
            )
        )

    before = layers()
    package = app_name(service).replace("-", "_")
    service.replace(f"src/{package}/main.py", '"status": "ok"', '"status": "fine"')
    service.make("build")
    changed = [layer for layer in layers() if layer not in before]
    assert len(layers()) == len(before)
    assert len(changed) == 1


def test_equal_sources_give_equal_images(cli: Project) -> None:
    cli.make("verify")


def test_the_cli_passes_arguments_and_exit_codes(cli: Project) -> None:
    assert cli.make("up", "ARGS=Ada").last_line == "Ahoy, Ada!"
    refused = cli.make("up", "ARGS=--unknown", check=False)
    assert "No such option: --unknown" in refused.output
    assert refused.code
    assert "up] Error 2" in refused.output


def test_a_wrong_setting_stops_the_cli(cli: Project) -> None:
    cli.write(".env", "GREETING=Ahoy\nLOG_LEVEL=LOUD\n")
    refused = cli.make("up", check=False)
    cli.write(".env", "GREETING=Ahoy\n")
    assert refused.code
    assert refused.last_line.startswith("LOG_LEVEL: Input should be")


def test_a_setting_that_is_missing_stops_the_service(service: Project, port: int) -> None:
    env = service.read(".env")
    service.write(".env", "LOG_LEVEL=INFO\n")
    refused = service.make("up", f"PORT={port}", check=False)
    service.write(".env", env)
    assert refused.code
    assert "GREETING: Field required" in refused.output
    assert refused.last_line == f"{app_name(service)} is not healthy; what it said stands above"


def test_a_service_from_up_to_down(service: Project, port: int) -> None:
    up = service.make("up", f"PORT={port}")
    url = f"http://127.0.0.1:{port}"
    assert up.last_line == f"{app_name(service)} is up: {url}"
    assert get(url) == {"message": "Ahoy, World!"}

    host = inspect(service, "container")["HostConfig"]
    assert isinstance(host, dict)
    assert {name: host[name] for name in HARDENED} == HARDENED

    # Up again takes the place of the one that is there.
    service.write(".env", "GREETING=Moin\n")
    service.make("up", f"PORT={port}")
    assert get(url) == {"message": "Moin, World!"}

    for _ in range(100):
        if "healthy" in (status := engine(service, "ps", f"--filter=name={app_name(service)}")):
            break
        time.sleep(0.3)
    assert "(healthy)" in status
    logs = service.run("sh", "-c", "make logs 2>/dev/null").output
    assert '"GET / HTTP/1.1" 200' in logs, "logs go to standard output"

    start = time.monotonic()
    service.make("down")
    assert time.monotonic() - start < 8, "the service did not stop when it was asked to"
    assert engine(service, "ps", "--all", "--quiet", f"--filter=name={app_name(service)}") == ""


def test_a_terminal_gets_a_shell(cli: Project) -> None:
    terminal, here = os.openpty()
    shell = subprocess.Popen(
        ["make", "shell"], cwd=cli.folder, env=cli.env, stdin=here, stdout=here, stderr=here
    )
    os.close(here)
    os.write(terminal, b"tty && exit 0\n")
    try:
        assert shell.wait(timeout=60) == 0
    finally:
        if shell.poll() is None:
            shell.send_signal(signal.SIGKILL)
    assert b"/dev/pts/" in os.read(terminal, 65536)


def test_the_image_can_be_named(cli: Project) -> None:
    cli.make("build", "IMAGE=another", "TAG=1.2.3")
    assert cli.make("up", "IMAGE=another", "TAG=1.2.3").last_line == "Ahoy, World!"
    engine(cli, "image", "rm", "another:1.2.3")


def test_a_saved_image_runs_where_it_was_never_built(cli: Project) -> None:
    said = cli.make("save").last_line
    engine(cli, "image", "rm", "--force", app_name(cli))
    assert f"load --input {app_name(cli)}.tar" in said
    engine(cli, "load", "--input", f"{app_name(cli)}.tar")
    assert cli.make("up").last_line == "Ahoy, World!"


def test_an_image_is_pushed_to_a_registry(cli: Project, registry: str) -> None:
    image = f"{registry}/team/tool"
    cli.make("build", "push", f"IMAGE={image}", "TAG=1.2.3")
    assert get(f"http://{registry}/v2/team/tool/tags/list") == {
        "name": "team/tool",
        "tags": ["1.2.3"],
    }
    engine(cli, "image", "rm", f"{image}:1.2.3")
    engine(cli, "pull", "--quiet", f"{image}:1.2.3")
    assert cli.make("up", f"IMAGE={image}", "TAG=1.2.3").last_line == "Ahoy, World!"
    engine(cli, "image", "rm", f"{image}:1.2.3")
