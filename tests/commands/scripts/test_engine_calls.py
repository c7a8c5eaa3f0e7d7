"""What the engine is told: flags, platforms, ports, proxies and secrets, each word as it was typed."""

import re
from itertools import pairwise

import pytest

from tests.commands.scripts.conftest import HARD, IMAGE, recorded, under, value
from tests.support.project import Project, doctor


def test_flags_reach_the_build_as_they_are(recording: Project) -> None:
    recording.run("sh", "make/build", IMAGE, *HARD)
    [build] = recorded(recording, "build")
    assert build[-len(HARD) - 1 :] == [*HARD, "."]
    assert value(build, "--tag") == IMAGE
    assert "org.opencontainers.image.title=my-app" in build


def test_a_repository_keeps_the_layers_of_builds(recording: Project, name: str) -> None:
    recording.run("sh", "make/build", IMAGE, BUILD_CACHE="registry.example.org/cache")
    [build] = recorded(recording, "build")
    kind = {"docker": "type=registry,ref=", "podman": ""}[name]
    more = {"docker": ",mode=max,ignore-error=true", "podman": ""}[name]
    assert value(build, "--cache-from") == f"{kind}registry.example.org/cache"
    assert value(build, "--cache-to") == f"{kind}registry.example.org/cache{more}"
    recording.run("sh", "make/verify", BUILD_CACHE="registry.example.org/cache", check=False)
    assert not any("--cache-to" in call for call in recorded(recording, "build"))


def test_a_build_that_fails_names_no_image(recording: Project) -> None:
    several = "linux/amd64,linux/arm64"
    result = recording.run("sh", "make/build", IMAGE, check=False, fails="build", PLATFORM=several)
    assert result.code == 1
    assert result.last_line.startswith("the image was not built: ")
    assert recorded(recording, "tag") == []


@pytest.mark.parametrize("platform", ["", "linux/arm64", "linux/amd64,linux/arm64"])
def test_a_platform_reaches_the_build_and_one_reaches_the_container(
    recording: Project, name: str, platform: str
) -> None:
    """What is built for several runs on that of the machine."""
    recording.run("sh", "make/build", IMAGE, PLATFORM=platform)
    [build] = recorded(recording, "build")
    assert value(build, "--platform") == platform
    listed = name == "podman" and "," in platform
    assert value(build, "--manifest") == (f"{IMAGE}-new" if listed else "")
    for script in (["container", "up"], ["container", "shell"], ["size"]):
        recording.run("sh", f"make/{script[0]}", *script[1:], IMAGE, PLATFORM=platform)
        [run] = recorded(recording, "run")
        assert value(run, "--platform") == ("" if "," in platform else platform)


either_kind = pytest.mark.parametrize("kind", ["cli", "service"])


@either_kind
@pytest.mark.parametrize("what", ["up", "shell"])
@pytest.mark.parametrize(
    ("typed", "reached"),
    [
        ([], [IMAGE]),
        (["--memory", "64m"], ["--memory", "64m", IMAGE]),
        (["--", "Ada"], [IMAGE, "Ada"]),
        (["--env", "A=1 2", "--", *HARD], ["--env", "A=1 2", IMAGE, *HARD]),
    ],
)
def test_flags_are_the_engine_s_and_what_is_behind_two_hyphens_the_application_s(
    recording: Project, what: str, typed: list[str], reached: list[str]
) -> None:
    recording.run("sh", "make/container", what, IMAGE, *typed)
    [run] = recorded(recording, "run")
    assert run[-len(reached) :] == reached
    assert value(run, "--cap-drop") == "ALL"


@pytest.mark.parametrize("kind", ["service"])
@pytest.mark.parametrize(("seconds", "kept"), [("8", "10"), ("20", "22"), ("8.0", "10")])
def test_a_stop_waits_for_what_runs_and_for_the_shutdown_code(
    recording: Project, seconds: str, kept: str
) -> None:
    """10 seconds are the engine's own; a stop of the engine alone takes what the container has."""
    recording.replace(".env", "SHUTDOWN_TIMEOUT=8", f"SHUTDOWN_TIMEOUT={seconds}")
    recording.run("sh", "make/container", "up", IMAGE)
    [run] = recorded(recording, "run")
    assert value(run, "--stop-timeout") == kept


DJANGO = "define the environment variable DJANGO_SETTINGS_MODULE or call"


@either_kind
@pytest.mark.parametrize(
    ("logs", "said"),
    [
        ("OSError: [Errno 30] Read-only file system: '/srv/a'", "--tmpfs /srv/a:mode=1777'"),
        ("Errno 13] Permission denied: '/srv/logs/a.log'", "--tmpfs /srv/logs:mode=1777'"),
        ("Errno 30] Read-only file system: '/srv/a.db'", "--tmpfs FOLDER:mode=1777"),
        ("OperationalError: unable to open database file", "RUN_FLAGS += --tmpfs FOLDER"),
        ("ModuleNotFoundError: No module named 'httpx.x'", "the image lacks httpx: uv add httpx"),
        ("python: No module named celery", "the image lacks celery: uv add celery"),
        ("No module named 'pydantic_core'", "pydantic_core, which uv.lock has in a group or extra"),
        ("No module named 'tests'", "lacks tests, which is in this folder, but not in its package"),
        ("Error: Could not import 'tests'.", "lacks tests, which is in this folder, but not in"),
        ("Errno 30] Read-only file system: '/app/var'", "--tmpfs /app/var:mode=1777'"),
        ("libpq.so.5: cannot open shared object file", "such as libpq5\n"),
        (
            "_execute_child\n[Errno 2] No such file: 'git'",
            'ARG RUN_PACKAGES="git" in the Dockerfile',
        ),
        ("sh: 1: exec: gunicorn: not found", "or uv add gunicorn\n"),
        ("return os.environ[name]\nKeyError: 'DATABASE_URL'", "echo DATABASE_URL=... >>.env\n"),
        (f"ImproperlyConfigured: {DJANGO}", "echo DJANGO_SETTINGS_MODULE=... >>.env\n"),
    ],
)
def test_an_application_that_fails_is_told_what_its_image_lacks(
    recording: Project, kind: str, logs: str, said: str
) -> None:
    """The logs of a service, and what a command prints as its error."""
    recording.write("uv.lock", recording.read("uv.lock") + '\n[[package]]\nname = "psycopg"\n')
    fails, where = ("exec", "logs_errors") if kind == "service" else ("run", "run_errors")
    result = recording.run(
        "sh", "make/container", "up", IMAGE, check=False, fails=fails, **{where: f"{logs}\n"}
    )
    assert result.code
    assert said in result.output


@pytest.mark.parametrize(
    "logs", ["Errno 2] No such: 'a.txt'", "KeyError: 'A_B'", "user: not found"]
)
def test_an_error_that_tells_nothing_has_no_hint(recording: Project, logs: str) -> None:
    assert not recording.run("sh", "make/lacks", "read", stdin=logs).output
    told = recording.run("sh", "make/lacks", "run", "sh", "-c", "echo 'No module named x' >&2")
    assert told.output == "No module named x\n"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("cli", "no container my-app is running; make up shows what it says, and removes it\n"),
        ("service", "there is no container my-app: make up\n"),
    ],
)
def test_logs_of_no_container_say_how_to_get_one(recording: Project, kind: str, said: str) -> None:
    none = recording.run("sh", "make/container", "logs", check=False)
    assert (none.code, none.output) == (1, said)
    recording.run("sh", "make/container", "logs", "--follow", ps_says="1\\n")
    assert recorded(recording, "logs") == [["logs", "--follow", "my-app"]]


def test_flags_in_the_makefile_reach_the_engine_as_a_shell_reads_them(recording: Project) -> None:
    recording.replace("Makefile", "BUILD_FLAGS ?=", "BUILD_FLAGS ?= --label 'a=two words'")
    recording.make("build")
    [build] = recorded(recording, "build")
    assert build[-3:] == ["--label", "a=two words", "."]
    recording.make("up", "RUN_FLAGS=--env A='1 2'", 'ARGS="it\'s" -- --loud')
    [run] = recorded(recording, "run")
    assert run[-6:] == ["--env", "A=1 2", "my-app:latest", "it's", "--", "--loud"]


@either_kind
@pytest.mark.parametrize("line", ["container command", "save"])
def test_the_command_that_is_printed_does_what_up_does(
    recording: Project, name: str, kind: str, line: str
) -> None:
    words = [IMAGE, *(word for hard in HARD[:-1] for word in ("--label", hard))]
    recording.run("sh", "make/container", "up", *words)
    [up] = recorded(recording, "run")
    assert up[1:3] == ["--label", f"make.folder={recording.folder}"]
    del up[1:3]  # of this machine
    script, *arguments = line.split()
    said = recording.run("sh", f"make/{script}", *arguments, *words).output
    recorded(recording, "save")
    printed = said.rpartition(f"load --input my-app.tar\n    {name} ")[2].removeprefix(f"{name} ")
    recording.run("sh", "-c", f"{name} {printed}")
    if (script, name) == ("save", "podman"):
        up[-1] = f"localhost/{up[-1]}"
    assert recorded(recording, "run") == [up]


@either_kind
@pytest.mark.parametrize("typed", [[], ["--publish"]])
def test_uv_in_a_container_publishes_the_port_of_a_service_alone(
    recording: Project, kind: str, typed: list[str]
) -> None:
    recording.write(".env", "PORT=8123\n")
    recording.run("sh", "make/uv", *typed, "run", *HARD)
    [run] = recorded(recording, "run")
    assert run[-len(HARD) - 2 :] == ["uv", "run", *HARD]
    assert f"{recording.folder}:{recording.folder}" in run
    published = kind == "service" and bool(typed)
    assert value(run, "--publish") == ("127.0.0.1:8123:8123" if published else "")
    assert value(run, "--network") == ("" if published else "host")


@either_kind
def test_without_uv_make_run_alone_publishes_a_port(recording: Project, kind: str) -> None:
    recording.make("run")
    *checks, run = recorded(recording, "run")
    assert bool(value(run, "--publish")) == (kind == "service")
    assert not any(value(check, "--publish") for check in checks)


PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]
LOGINS = ["UV_INDEX_COMPANY_USERNAME", "UV_INDEX_COMPANY_PASSWORD"]


@pytest.mark.parametrize(
    ("script", "flag", "variable"),
    [
        *[("uv", "--env", name) for name in [*PROXIES, *map(str.lower, PROXIES), *LOGINS]],
        *[("build", "--build-arg", name) for name in [*PROXIES, *map(str.lower, PROXIES)]],
    ],
)
def test_a_proxy_or_a_login_reaches_each_container_by_its_name_alone(
    recording: Project, script: str, flag: str, variable: str
) -> None:
    """In the spelling that is set; its password is in no command line."""
    secret = "http://ada:lovelace@proxy.example.org"
    under(recording, **{variable: secret}).run("sh", f"make/{script}", IMAGE)
    verb = {"uv": "run"}.get(script, script)
    [call] = recorded(recording, verb)
    assert (flag, variable) in pairwise(call)
    assert "lovelace" not in str(call)
    recording.run("sh", f"make/{script}", IMAGE)
    [call] = recorded(recording, verb)
    assert variable not in call


@pytest.mark.parametrize("variable", ["NETRC", "SSL_CERT_FILE"])
def test_a_login_or_a_certificate_reaches_the_build_as_a_secret(
    recording: Project, variable: str
) -> None:
    under(recording, **{variable: "/a folder/file"}).run("sh", "make/build", IMAGE)
    [build] = recorded(recording, "build")
    assert re.fullmatch(r"id=\w+,src=/a folder/file", value(build, "--secret"))


@pytest.mark.parametrize("built", ["HEAD", "1234567", "<no value>", ""])
def test_an_image_of_another_commit_is_said(committed: Project, built: str) -> None:
    """Two clones share its name, and one may have built it last."""
    head = committed.git("rev-parse", "HEAD").output.strip()
    revision = head if built == "HEAD" else built
    said = committed.run("sh", "make/container", "up", IMAGE, image_says=f"{revision}\\n").output
    expected = f"{IMAGE} is of commit {built}, and this folder is at {head}: make build\n"
    assert said.startswith(expected) == (built == "1234567")
    assert (" is of commit " in said) == (built == "1234567")


SDIST = 'registry = "a" }\nsdist = { url = "lib.tar.gz" }\nwheels = { url = "lib-1-'


@pytest.mark.parametrize(
    ("source", "dockerfile", "line"),
    [
        ('directory = "lib"', "", "uv.lock has lib, which the build does not see: echo '!lib' >>.dockerig"),
        ('editable = "lib"', "", "uv.lock has lib, which the build does not see: echo '!lib' >>.dockerignore"),
        ('path = "lib/a.whl"', "", "uv.lock has lib/a.whl, which the build does not see: echo '!lib/a.whl' >"),
        ('editable = "lib"', "COPY lib lib\n", "the error above says why"),
        ('editable = "lib"', "COPY . .\n", "the error above says why"),
        ('editable = "../lib"', "COPY . .\n", "uv.lock has ../lib, and a build sees this folder alone: uv remove"),
        ('git = "https://example.org/a.git#1"', "", "the error above says why; where git is not found: ARG BUI"),
        ('registry = "https://pypi.org/simple"', "", "the error above says why"),
        ('registry = "uv.toml"', "", "the error above says why; where it is uv.lock, the build does not "),
        (f"{SDIST}cp39-cp39-manylinux_2_17.whl", "", "the error above says why; where it is of lib, which has"),
        (f"{SDIST}py3-none-any.whl", "", "the error above says why"),
    ],
)  # fmt: skip
def test_a_failed_build_says_what_is_known_of_packages_that_are_no_index_s(
    recording: Project, name: str, source: str, dockerfile: str, line: str
) -> None:
    lock = recording.read("uv.lock")
    recording.write("uv.lock", f'{lock}\n[[package]]\nname = "lib"\nsource = {{ {source} }}\n')
    recording.replace("Dockerfile", "WORKDIR /source\n", f"WORKDIR /source\n{dockerfile}")
    if "uv.toml" in source:
        recording.write("uv.toml", "")
    said = recording.run(
        "sh", "make/build", IMAGE, check=False, fails="build", buildx_says="--provenance"
    ).last_line
    assert said.startswith(f"the image was not built: {line}")
    assert (said == "the image was not built: the error above says why") == (
        "; " not in line and line.startswith("the")
    )


@pytest.mark.parametrize("kind", ["service"])
def test_without_uv_a_builder_image_that_can_t_be_pulled_is_named(
    recording: Project, name: str
) -> None:
    """As for a Python that uv has no image for yet; pyproject.toml and uv.lock are not to blame."""
    image = re.findall(r"^ARG UV_IMAGE=(.*)", recording.read("Dockerfile"), re.MULTILINE)[0]
    line = f"{image} is not on this machine and can't be pulled: {name} pull {image}"
    without = under(recording, fails="run image")
    found = doctor(without)
    assert found["lock"] == ("NO", line)
    assert found["port"] == ("--", line)
    assert without.make("start", check=False).output.count(line) == 1
