"""The image as a container: how it starts, what it may do, how it stops."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.containers.conftest import ROOTLESS, app_name, package, run_engine
from tests.support.engine import Engine
from tests.support.machines.here import without_uv, write_script
from tests.support.project import Project, doctor, get

# What the kernel says of a process in the container.
PROBE = """
id -u; cat /proc/1/comm; grep -E '^(CapBnd|NoNewPrivs):' /proc/self/status
cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max 2>/dev/null || echo not limited
grep -q ' / [a-z]* ro,' /proc/mounts && echo read-only; touch /tmp/probe && echo writable
"""


def assert_hardened(probed: str, rootless: bool = False) -> None:
    """Non-root, an init, no capabilities, no new privileges, few processes, a read-only root, a /tmp.

    But for the processes, which a rootless engine limits where a user is given a cgroup: not here.
    """
    uid, init, capabilities, privileges, processes, root, tmp = probed.splitlines()
    assert uid == "10001"
    assert init in ("docker-init", "podman-init", "catatonit", "tini")
    assert capabilities.split() == ["CapBnd:", "0" * 16]
    assert privileges.split() == ["NoNewPrivs:", "1"]
    assert processes == ("not limited" if rootless else "256")
    assert (root, tmp) == ("read-only", "writable")


# In place of what the application does, and what it says then.
AT_WORK = """\
    try:
        print("at work", flush=True)
        __import__("time").sleep(60)
    finally:
        print("tidied up", flush=True)
"""
LIFESPAN = """\
async def lifespan(_: FastAPI):
    yield
    print("tidied up", flush=True)


app = FastAPI(lifespan=lifespan, """


@pytest.fixture
def changed(either: Project) -> Iterator[Callable[[str, str, str], None]]:
    """Build an image named `changed` from a changed source."""

    def changed(path: str, old: str, new: str) -> None:
        either.replace(f"src/{package(either)}/{path}", old, new)
        either.make("build", "TAG=changed")

    yield changed
    either.git("checkout", "--quiet", "src")
    run_engine(either, "image", "rm", "--force", f"{app_name(either)}:changed")


def stopped(project: Project, port: int) -> tuple[str, int]:
    """Start the changed image and stop it: what it said, and its exit code, 137 if it was killed."""
    name = app_name(project)
    service = name.startswith("service")
    command = ["make", "up", "TAG=changed", f"PORT={port}"]
    up = subprocess.Popen(
        command,
        cwd=project.folder,
        env=project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert up.stdout
    while (" is up: " if service else "at work") not in (line := up.stdout.readline()):
        assert line, "it ended before it was asked to"
    run_engine(project, "stop", "--time=1", name)
    said, _ = up.communicate(timeout=60)
    if service:
        code = run_engine(project, "inspect", "--format={{.State.ExitCode}}", name)
        said = run_engine(project, "logs", name)
        project.make("down")
    else:
        [code] = re.findall(r"up] Error (\d+)", said)
    return said, int(code)


@pytest.mark.parametrize("either", ["cli", "service"], indirect=True)
def test_a_request_to_stop_runs_the_shutdown_code_within_a_second(
    either: Project, changed: Callable[[str, str, str], None], port: int
) -> None:
    """After a second the engine kills. Where other tests take the processors, a third try may do."""
    if app_name(either).startswith("cli"):
        changed("cli.py", '    typer.echo(f"{settings.greeting}, {name}!")\n', AT_WORK)
    else:
        changed("main.py", "app = FastAPI(", LIFESPAN)
    tries = (stopped(either, port) for _ in range(3))
    said, code = next((ended for ended in tries if ended[1] != 137), ("it was killed", 137))
    assert code == 143
    assert "tidied up" in said


def test_the_cli_is_as_confined_as_a_service(cli: Project) -> None:
    probe = f'    __import__("os").system({PROBE!r})\n'
    cli.replace(
        f"src/{package(cli)}/cli.py", '    typer.echo(f"{settings.greeting}, {name}!")\n', probe
    )
    cli.make("build", "TAG=probe")
    probed = cli.make("up", "TAG=probe").output
    cli.git("checkout", "--quiet", "src")
    assert_hardened(probed)
    run_engine(cli, "image", "rm", f"{app_name(cli)}:probe")


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
    assert refused.last_line == f"{app_name(service)} is not healthy; its logs are above"


@pytest.mark.parametrize(
    ("engine", "either"),
    [
        ("docker", "service"),
        ("podman", "adopted"),
        *(pytest.param(engine, "service", marks=pytest.mark.slow) for engine in ROOTLESS),
    ],
    indirect=True,
)
def test_a_service_from_up_to_down(either: Project, engine: Engine, port: int) -> None:
    up = either.make("up", f"PORT={port}")
    url = f"http://127.0.0.1:{port}"
    assert up.last_line == f"{app_name(either)} is up: {url}"
    assert get(url) == {"message": "Ahoy, World!"}

    probed = run_engine(either, "exec", app_name(either), "sh", "-c", PROBE)
    assert_hardened(probed, rootless=engine.home is not None)

    # Up again takes the place of the one that is there.
    either.write(".env", """export GREETING='"Moin" $HOME "moin"' # as uv reads it\n""")
    either.make("up", f"PORT={port}")
    assert get(url) == {"message": '"Moin" $HOME "moin", World!'}
    assert not [*either.folder.glob(".env.??????")]

    logs = either.run("sh", "-c", "make logs 2>/dev/null").output
    assert '"GET / HTTP/1.1" 200' in logs, "logs go to standard output"

    either.make("down")
    assert run_engine(either, "ps", "--all", "--quiet", f"--filter=name={app_name(either)}") == ""


def test_the_engine_sees_that_a_service_is_healthy(service: Project, port: int) -> None:
    service.make("up", f"PORT={port}")
    if service.env["ENGINE"] == "podman":  # which has them run by systemd
        run_engine(service, "healthcheck", "run", app_name(service))
    for _ in range(100):
        status = run_engine(service, "ps", f"--filter=name={app_name(service)}")
        if "healthy" in status:
            break
        time.sleep(0.3)
    assert "(healthy)" in status
    service.make("down")


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
    run_engine(cli, "image", "rm", "another:1.2.3")


# What Podman's package for those who are used to Docker brings.
EMULATION = """\
#!/bin/sh
echo "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg." >&2
exec podman "$@"
"""


def test_an_engine_is_found_by_itself_and_not_taken_for_another(
    cli: Project, tmp_path: Path
) -> None:
    engine = cli.env["ENGINE"]
    path = without_uv(tmp_path / "bin", engine, cli.env["PATH"])
    if engine == "podman":
        write_script(tmp_path / "bin/docker", EMULATION)
    env = {name: value for name, value in cli.env.items() if name != "ENGINE"}
    newcomer = Project(cli.folder, env | {"PATH": path})
    assert doctor(newcomer)["engine"] == ("ok", f"{engine} answers")
    newcomer.make("build")


def test_what_an_engine_lacks_is_named_in_one_line(
    cli: Project, service: Project, tmp_path: Path
) -> None:
    if cli.env["ENGINE"] == "podman":
        (tmp_path / "no-init").write_text('[containers]\ninit_path = "/no/catatonit"\n')
        env = {"CONTAINERS_CONF_OVERRIDE": str(tmp_path / "no-init")}
        bare = without_uv(tmp_path / "bin", "podman", cli.env["PATH"])
        said = [
            cli.make("up", check=False, **env),
            cli.make("shell", check=False, **env),
            service.make("up", check=False, **env),
            cli.make("install", check=False, PATH=bare, **env),
        ]
        line = "podman can't start a container with --init: install catatonit"
    else:
        write_script(tmp_path / "cli-plugins/docker-buildx", "#!/bin/sh\nexit 1\n")
        said = [cli.make("build", check=False, DOCKER_CONFIG=str(tmp_path))]
        cli.make("build", DOCKER_BUILDKIT="0")  # the older builder is not asked
        line = (
            "the image was not built: Docker lacks buildx, or has one before 0.10: "
            "install docker-buildx-plugin, or from Debian docker-buildx"
        )
    assert all(each.code for each in said)
    assert {each.last_line for each in said} == {line}


def test_what_several_platforms_take_is_said(cli: Project) -> None:
    """A Docker with the older image store; `verify` compares images, not lists of them."""
    several = "PLATFORM=linux/amd64,linux/arm64"
    said = cli.make("verify", several, check=False)
    assert said.code
    assert said.last_line == "one platform at a time: make verify PLATFORM=linux/amd64"
    if "overlay2" in run_engine(cli, "info", "--format={{.Driver}}", check=False):
        said = cli.make("build", several, check=False)
        assert said.code
        assert said.last_line == (
            "the image was not built: several platforms need the image store of containerd: "
            "https://docs.docker.com/engine/storage/containerd"
        )


def test_an_image_is_pushed_to_a_registry(
    cli: Project, registry: str, plain_http: dict[str, str]
) -> None:
    cli = Project(cli.folder, cli.env | plain_http)
    image = f"{registry}/team/tool"
    cli.make("build", "push", f"IMAGE={image}", "TAG=1.2.3")
    assert get(f"http://{registry}/v2/team/tool/tags/list") == {
        "name": "team/tool",
        "tags": ["1.2.3"],
    }
    run_engine(cli, "image", "rm", f"{image}:1.2.3")
    run_engine(cli, "pull", "--quiet", f"{image}:1.2.3")
    assert cli.make("up", f"IMAGE={image}", "TAG=1.2.3").last_line == "Ahoy, World!"
    run_engine(cli, "image", "rm", f"{image}:1.2.3")
