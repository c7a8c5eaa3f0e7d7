"""Bad input and broken state: a non-zero exit, one clear line, and nothing of the user's lost."""

import re
import socket
from pathlib import Path

import pytest

from tests.support.history import COPIER
from tests.support.machines.here import write_script
from tests.support.project import Project, Render, doctor, only, refused, snapshot

STALE = "uv.lock is out of date with pyproject.toml: make lock"
# The commands of a machine with little.
FEW = ("make", "sh", "sed", "git", "grep", "dirname", "env")
VALUES = [
    *("", "a#b", "a=b", "ünï", "[1,2]", "http://[::1]:80/", "https://u:p@example.org/?q=1&r=%20"),
    *("a # it's", " # c", "a  ", "''", "'two words'", '"two words"', "'a # b' # c", '"it\'s"'),
    *(
        """'["a", "b"]'""",
        """'{"a": {"b": 1}}'""",
        "'$HOME'",
        "'a\\b'",
        "'`id`'",
        "'\"q\"'",
        "'=\"x\"'",
    ),
]
ENV_FILE = "\n# comment with 'quotes' and $\n\nGREETING=Hello\n" + "".join(
    f"V{number}={value}\n" for number, value in enumerate(VALUES)
)


@pytest.mark.parametrize("target", ["install", "check", "run"])
def test_a_lock_out_of_date(project: Project, target: str) -> None:
    project.replace("pyproject.toml", '"typer",', '"typer",\n    "rich",')
    assert refused(project, target) == STALE
    project.make("lock", "install")


def test_a_tampered_hash(project: Project) -> None:
    lock = project.read("uv.lock")
    start = lock.index("sha256:", lock.index('name = "typer"\nversion'))
    tampered = lock[:start] + "sha256:" + "0" * 64 + lock[start + 71 :]
    wheel = tampered.index("sha256:", tampered.index("wheels = [", start))
    project.write("uv.lock", tampered[:wheel] + "sha256:" + "0" * 64 + tampered[wheel + 71 :])
    project.make("install", check=False)
    result = project.make("install", check=False)
    assert result.code
    assert "Hash mismatch" in result.output


def test_no_uv_and_no_engine(project: Project, tmp_path: Path) -> None:
    path = only(tmp_path / "bin", *FEW, "cat", "cp", "awk")
    project.write(".env", project.read(".env.example"))
    for target in ("install", "check", "build", "up", "down"):
        line = refused(project, target, PATH=path)
        assert line == (
            "neither uv nor a container engine is on this machine: install uv or Docker or Podman"
        )
    for target in ("outdated", "update"):
        line = refused(project, target, PATH=path)
        assert line.startswith("uv is not on this machine: https://")


def test_no_engine_beside_uv(project: Project, tmp_path: Path) -> None:
    path = only(tmp_path / "bin", *FEW, "uv")
    line = refused(project, "build", PATH=path)
    assert line == "no container engine is on this machine: install Docker or Podman"
    line = refused(project, "build", "ENGINE=podman", PATH=path)
    assert line == "ENGINE=podman is not on this machine: install it, or unset ENGINE"
    line = refused(project, "build", "ENGINE=/usr/bin/docker")
    assert line.startswith("ENGINE=/usr/bin/docker is neither docker nor podman: name one, or")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("docker", "client version 1.52 is too new. Maximum supported API version is 1.45"),
        ("podman", "permission denied while trying to connect"),
    ],
)
def test_an_engine_that_does_not_run(
    project: Project, tmp_path: Path, name: str, reason: str
) -> None:
    """In the engine's words, since it may be something else than that."""
    path = only(tmp_path / "bin", *FEW)
    write_script(tmp_path / "bin" / name, f"#!/bin/sh\necho {reason} >&2\nexit 1\n")
    line = f"{name} is installed but does not answer: start it, or join its group"
    for arguments in ([], [f"ENGINE={name}"]):
        said = project.make("build", *arguments, check=False, PATH=path)
        assert f"{reason}\n{line}\n" in said.output


def test_an_engine_elsewhere_that_does_not_answer(project: Project, tmp_path: Path) -> None:
    """It says where it was asked, in the engine's words, and in CI only after some seconds."""
    path = only(tmp_path / "bin", *FEW)
    write_script(tmp_path / "bin/docker", "#!/bin/sh\necho Cannot connect >&2\nexit 1\n")
    said = project.make("build", check=False, PATH=path, DOCKER_HOST="tcp://docker:2375")
    assert "Cannot connect\n" in said.output
    assert said.last_line == (
        "docker does not answer at DOCKER_HOST=tcp://docker:2375:"
        " start it there, or unset DOCKER_HOST"
    )


def test_in_ci_an_engine_that_is_slow_to_start_is_waited_for(
    project: Project, tmp_path: Path
) -> None:
    path = only(tmp_path / "bin", *FEW, "sleep", "uv")
    script = f"#!/bin/sh\ntest -e '{tmp_path}/asked' || {{ >'{tmp_path}/asked'; exit 1; }}\n"
    write_script(tmp_path / "bin/docker", script)
    env = {"PATH": path, "DOCKER_HOST": "tcp://docker:2375"}
    refused = project.make("needs-engine", check=False, **env)
    assert refused.code
    (tmp_path / "asked").unlink()
    assert project.make("needs-engine", check=True, CI="true", **env).output == ""


def test_in_ci_no_engine_is_waited_for_twice(project: Project, tmp_path: Path) -> None:
    """On a machine without uv, which asks for the engine in each command."""
    path = only(tmp_path / "bin", *FEW, "true")
    for name, script in {"docker": "exit 1", "sleep": f"echo $1 >>'{tmp_path}/slept'"}.items():
        write_script(tmp_path / "bin" / name, f"#!/bin/sh\n{script}\n")
    env = {"PATH": path, "DOCKER_HOST": "tcp://docker:2375", "CI": "true"}
    assert project.make("needs-engine", "build", check=False, **env).code
    assert (tmp_path / "slept").read_text() == "2\n" * 15


def test_an_env_file_that_is_missing(project: Project) -> None:
    project.make("install")
    assert refused(project, "run") == ".env is missing: make start"


@pytest.mark.parametrize(
    "line",
    [
        "GREETING=Hello World",
        "GREETING='Hello' World",
        "GREETING='Hello",
        'GREETING="$HOME"',
        'GREETING="a\\nb"',
        "GREETING=it's",
        "GREETING=Hello\\ World",
        "GREETING=$HOME",
        "GREETING=a\\b",
        "GREETING=`id`",
        "GREETING=#1",
        "GREETING",
        'GREETING=["a"]',
    ],
)
def test_an_env_line_that_programs_read_differently(project: Project, line: str) -> None:
    project.write(".env", f"# first\n{line}\n")
    before = snapshot(project)
    result = project.make("run", check=False)
    assert result.code
    assert f"2:{line}".rstrip() in result.output
    assert result.last_line.startswith(".env: uv can't read the lines above as they stand")
    assert snapshot(project) == before


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\r\nB=2\r\n", ".env has the line ends of Windows: tr -d '\\r' <.env >.env.new && mv"),
        ("\ufeffA=1\nB=2\n", ".env begins with a byte order mark: tail -c +4 .env >.env.new && mv"),
        ("A=1\nB=2\n#A=3\nA=1\nB=2\nB=2\n", ".env: more than one line sets A B: keep one of each"),
        ("GREETING=Hello\ngreeting=Ahoy\n", ".env: more than one line sets greeting: keep one of"),
        (
            "A=ü€𝄞\n# \udcfc\n",
            ".env is not in UTF-8, in line 2; where it is in Latin-1: iconv -f latin1 -t utf-8 .env >.env.new && mv",
        ),
    ],
)
def test_an_env_file_that_programs_read_differently(project: Project, text: str, line: str) -> None:
    (project.folder / ".env").write_bytes(text.encode(errors="surrogateescape"))
    assert refused(project, "run").startswith(line)
    assert doctor(project)[".env"][1].startswith(line)
    if line.endswith("mv"):
        project.run("sh", "-c", line.partition(": ")[2] + " .env.new .env")
        assert doctor(project)[".env"][0] == "ok"


@pytest.mark.parametrize(
    "env_file", [ENV_FILE, re.sub(r"^(\w+)=", r" export  \1 = ", ENV_FILE, flags=re.MULTILINE)]
)
def test_an_env_file_that_all_programs_read_alike(project: Project, env_file: str) -> None:
    project.write(".env", env_file)
    project.make("start")
    names = ["GREETING", *(f"V{number}" for number in range(len(VALUES)))]
    ask = f"import os; [print(name, os.environ[name], sep='=') for name in {names}]"
    by_uv = project.run("uv", "run", "--env-file=.env", "python", "-c", ask)
    assert project.run("sh", "make/env", "--plain").output == by_uv.output
    assert project.make("run").last_line == "Hello, World!"


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ("LOG_LEVEL=INFO\n", "GREETING: Field required"),
        ("GREETING=\n", "GREETING: String should have at least 1 character"),
        (
            "GREETING=Hello\nLOG_LEVEL=LOUD\n",
            "LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'",
        ),
    ],
)
def test_a_setting_that_is_missing_or_wrong(project: Project, env: str, line: str) -> None:
    project.make("install")
    project.write(".env", env)
    assert refused(project, "run") == line


def test_a_port_that_is_taken(render: Render, native_python: str) -> None:
    project = render(python_version=native_python, kind="service")
    project.make("start")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(project, "run", f"PORT={port}")
    assert line == f"port {port} on 127.0.0.1 is taken: make down, or make run PORT={port + 1}"
    for host in ("192.0.2.1", "nowhere"):
        line = refused(project, "run", f"BIND_HOST={host}")
        assert line.startswith(f"BIND_HOST={host} is no address of this machine: 127.0.0.1, or 0")
    project.write(".env", "GREETING=Hello\nPort=9000\n")
    assert refused(project, "run") == ".env: write in upper case: Port"


def test_a_python_that_cannot_be_fetched(project: Project) -> None:
    project.write(".python-version", "3.99\n")
    line = refused(project, "install")
    assert line.startswith(
        "Python 3.99 is not on this machine and can't be fetched: install it, or"
    )
    assert 'make update ARGS="-d python_version=' in line


def test_a_project_that_left_the_template_works(project: Project) -> None:
    (project.folder / ".copier-answers.yml").unlink()
    project.commit()
    assert project.make("start", "run").last_line == "Hello, World!"
    for target in ("outdated", "update"):
        line = refused(project, target, **COPIER)
        assert line.startswith(".copier-answers.yml names no template: restore that file from git")


def test_an_update_without_a_commit_says_how_to_get_one(project: Project) -> None:
    line = refused(project, "update")
    assert line == "an update needs a commit to return to: git init && git add --all && git commit"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("UV_HTTP_TIMEOUT=soon", "error: Failed to parse environment variable `UV_HTTP_TIMEOUT`"),
        ("UV_PYTHON_PREFERENCE=mine", "error: invalid value 'mine' for '--python-preference"),
        ("UV_CONFIG_FILE=/dev/null/x", "error: failed to open file `/dev/null/x`"),
    ],
)
def test_where_a_setting_of_uv_is_wrong_no_python_is_missing(
    project: Project, setting: str, said: str
) -> None:
    project.env = project.env | dict([setting.split("=")])
    assert refused(project, "start").startswith(said)
    mark, row = doctor(project)["python"]
    assert mark == "NO"
    assert row.startswith(said)


def test_a_uv_that_is_too_old_is_what_is_said(project: Project) -> None:
    project.replace("pyproject.toml", 'version = ">=0.9.17"', 'version = ">=99"')
    line = refused(project, "start")
    assert line.startswith("error: Required uv version `>=99` does not match the running version")
    assert doctor(project)["python"] == ("NO", line)
