"""Each script of make/ by itself: without make, from any folder, with this machine's shell and BusyBox's."""

import os
import re
import shutil
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, Project, Render
from tests.machine import TOOLS, busybox, path

# An engine that notes what it is told, each word as it came. It says what is in VERB_says, and fails
# where `fails` names the verb.
RECORDER = """\
#!/bin/sh
{ printf '%s\\0' "$@"; echo; } >>"$record"
case $1 in --*) verb=build ;; *) verb=$1 ;; esac
eval "printf '%b' \\"\\${${verb}_says:-}\\""
case " ${fails:-} " in *" $verb "*) exit 125 ;; esac
"""
# Words that a shell would take apart, or read in its own way.
HARD = [
    *("two words", "it's", 'say "hi"', "$HOME", "`id`", "back\\slash\\n", "", " ", "*", "?", "#"),
    *("~", "a;b", "a&b", "a|b", "(a)", "{a,b}", "!", "new\nline", "ünï", "--"),
]
IMAGE = "my-app:1"


@pytest.fixture(scope="module", params=["this machine", "BusyBox"])
def utilities(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with make, git, a shell and utilities, and with neither uv nor an engine."""
    folder = tmp_path_factory.mktemp("bin")
    first = [busybox()] if request.param == "BusyBox" else []
    if first == [""]:
        pytest.skip("BusyBox is not here and can not be fetched")
    for name in TOOLS:
        found = shutil.which(name, path=os.pathsep.join([*first, path()]))
        (folder / name).symlink_to(found or f"/no/{name}")
    return str(folder)


@pytest.fixture(scope="module")
def born(render: Render, native_python: str) -> Callable[[str], Project]:
    """A project of each kind, to be copied."""
    return cache(lambda kind: render(kind=kind, python_version=native_python))


@pytest.fixture
def kind() -> str:
    """The kind of the project, where a test does not say it."""
    return "cli"


@pytest.fixture
def bare(born: Callable[[str], Project], kind: str, utilities: str, tmp_path: Path) -> Project:
    """A project in a path with a space, on a machine with little, where no other variable is set."""
    folder = shutil.copytree(born(kind).folder, tmp_path / "a folder")
    return Project(folder, {"PATH": utilities})


@pytest.fixture
def with_uv(bare: Project, machine: dict[str, str]) -> Project:
    """The same project with uv behind those utilities."""
    return Project(bare.folder, machine | {"PATH": f"{bare.env['PATH']}:{machine['PATH']}"})


@pytest.fixture(params=["docker", "podman"])
def name(request: pytest.FixtureRequest) -> str:
    """The engine's name."""
    return str(request.param)


@pytest.fixture
def recording(bare: Project, name: str, tmp_path: Path) -> Project:
    """The same project without uv, and with an engine that notes what it is told."""
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / name).write_text(RECORDER)
    (tmp_path / "engine" / name).chmod(0o755)
    bare.write(".env", bare.read(".env.example"))
    first = f"{tmp_path}/engine:{bare.env['PATH']}"
    return Project(bare.folder, {"PATH": first, "record": str(tmp_path / "record")})


def recorded(project: Project, verb: str) -> list[list[str]]:
    """How the engine was called with that verb, since it was last asked."""
    record = Path(project.env["record"])
    calls = [call.split("\0") for call in record.read_text().split("\0\n")[:-1]]
    record.write_text("")
    return [call for call in calls if verb in call[:3]]


def under(project: Project, **env: str) -> Project:
    """The same project where these are set, too."""
    return Project(project.folder, project.env | env)


def value(call: list[str], flag: str) -> str:
    """What follows a flag, or nothing."""
    return call[call.index(flag) + 1] if flag in call else ""


# --- Arguments, folders, bits, and what a machine lacks ---

WRONG = """build, changed x, container, container up, container dance my-app:1, deploy, deploy a b, doctor x,
engine x, help x, hooks x, needs, needs nothing, outdated, pin x, push, push a b, quoted, save, sbom x, size,
size a b, update, uv"""
# All that these are given are flags of uv's or of the engine's.
FLAGS_ALONE = {"audit", "verify"}


def test_each_script_is_asked_for_its_usage() -> None:
    scripts = {path.name for path in TEMPLATE.glob("template/make/*") if "." not in path.name}
    asked = {line.split()[0] for line in WRONG.split(",")}
    assert asked | FLAGS_ALONE == scripts - {"checksums"}


@pytest.mark.parametrize("line", re.split(r",\s*", WRONG))
def test_wrong_arguments_are_answered_with_the_usage(
    bare: Project, line: str, tmp_path: Path
) -> None:
    script, *arguments = line.split()
    elsewhere = Project(tmp_path, bare.env)
    said = elsewhere.run("sh", f"{bare.folder}/make/{script}", *arguments, check=False)
    usage = re.findall(r"^# (usage: .*\n)", bare.read(f"make/{script}"), re.MULTILINE)
    assert (said.code, said.output) == (2, "".join(usage))


def test_a_script_runs_from_any_folder(bare: Project, tmp_path: Path) -> None:
    listed = bare.make("help").output
    assert "  start " in listed
    for folder, command in [
        (tmp_path, ["sh", f"{bare.folder}/make/help"]),
        (bare.folder / "make", ["sh", "help"]),
        (bare.folder / "src", ["../make/help"]),
    ]:
        assert Project(folder, bare.env).run(*command).output == listed


def test_a_lost_executable_bit_changes_nothing(with_uv: Project) -> None:
    for script in with_uv.folder.glob("make/*"):
        script.chmod(0o644)
    assert with_uv.make("start", "check", "run").last_line == "Hello, World!"


NEITHER = "neither uv nor a container engine is on this machine: install uv or Docker or Podman\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        *[(f"needs {what}", NEITHER) for what in ("engine", "lock", "python", "sync")],
        *[(f"container {what} {IMAGE}", NEITHER) for what in ("up", "shell", "command", "down", "logs")],
        *[(f"{script} {IMAGE}", NEITHER) for script in ("build", "push", "save", "size", "uv")],
        *[(script, NEITHER) for script in ("audit", "engine", "pin", "sbom", "verify")],
        ("needs uv", "uv is not on this machine: https://docs.astral.sh/uv/getting-started/installation\n"),
        ("needs env", ".env is missing: make start\n"),
        ("deploy my-app:1", "kubectl is not on this machine: https://kubernetes.io/docs/tasks/tools\n"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_in_one_line(bare: Project, line: str, said: str) -> None:
    script, *arguments = line.split()
    result = bare.run("sh", f"make/{script}", *arguments, check=False)
    assert (result.code, result.output) == (1, said)


@pytest.mark.parametrize("line", ["changed", "help", "hooks", "needs merged", "uv --clean"])
def test_what_needs_nothing_does_without(bare: Project, line: str) -> None:
    script, *arguments = line.split()
    assert "not found" not in bare.run("sh", f"make/{script}", *arguments).output


def test_no_variable_has_to_be_set_to_check_an_env_file(bare: Project) -> None:
    bare.write(".env", "A=1\n")
    assert bare.run("sh", "make/needs", "env").output == ""
    bare.write(".env", "A='1'\n")
    assert bare.run("sh", "make/needs", "env", check=False).output.startswith("1:A='1'\n.env: the")


def test_the_lock_is_checked_without_make(with_uv: Project) -> None:
    assert with_uv.run("sh", "make/needs", "lock").output == ""
    with_uv.replace("pyproject.toml", '"typer",', '"typer",\n    "rich",')
    outdated = with_uv.run("sh", "make/needs", "lock", check=False)
    assert outdated.code == 1
    assert outdated.output == "uv.lock is out of date with pyproject.toml: make lock\n"


def test_the_machine_is_looked_at_without_make(recording: Project, name: str) -> None:
    said = recording.run("sh", "make/doctor").output
    assert re.search("^  ok  make  +not asked$", said, re.MULTILINE)
    assert re.search(f"^  ok  engine +{name} ", said, re.MULTILINE)


def test_files_that_were_changed_by_hand_are_named(bare: Project) -> None:
    assert bare.run("sh", "make/changed").output == ""
    bare.write("make/help", bare.read("make/help") + "\n")
    (bare.folder / "make/audit").unlink()
    (bare.folder / "make/size").chmod(0o600)
    assert bare.run("sh", "make/changed").output == "make/audit\nmake/help\n"
    outdated = bare.run("sh", "make/outdated", "echo", "newest")
    assert outdated.output.startswith("newest\nchanged by hand")
    assert "make/audit make/help" in outdated.last_line


@pytest.mark.parametrize("script", ["outdated", "update"])
def test_a_look_at_the_template_that_fails_is_no_good_news(bare: Project, script: str) -> None:
    failed = bare.run("sh", f"make/{script}", "sh", "-c", "exit 3", check=False)
    assert (failed.code, failed.output) == (3, "")


# --- What the engine is told ---


def test_flags_reach_the_build_as_they_are(recording: Project) -> None:
    recording.run("sh", "make/build", IMAGE, *HARD)
    [build] = recorded(recording, "build")
    assert build[-len(HARD) - 1 :] == [*HARD, "."]
    assert value(build, "--tag") == IMAGE
    assert "org.opencontainers.image.title=my-app" in build


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


def test_a_list_of_images_is_pushed_whole(recording: Project, name: str) -> None:
    recording.run("sh", "make/push", IMAGE)
    [push] = recorded(recording, "push")
    assert push == (["manifest", "push", "--all", IMAGE] if name == "podman" else ["push", IMAGE])
    recording.run("sh", "make/push", IMAGE, fails="manifest")
    assert recorded(recording, "push") == [["push", IMAGE]]


@pytest.mark.parametrize("line", ["container up", "container command", "push", "save"])
def test_an_image_that_is_not_there_is_named(recording: Project, line: str) -> None:
    script, *arguments = line.split()
    said = recording.run("sh", f"make/{script}", *arguments, IMAGE, check=False, fails="image")
    assert (said.code, said.output) == (1, f"there is no image {IMAGE}: make build\n")


def test_an_image_that_cannot_be_saved_is_not_shown_as_saved(recording: Project) -> None:
    recording.write("my-app.tar", "an older one")
    failed = recording.run("sh", "make/save", IMAGE, check=False, fails="save")
    assert (failed.code, failed.output) == (125, "")
    assert not (recording.folder / "my-app.tar").exists()


def test_the_size_is_counted_or_the_engine_s_failure_shown(recording: Project) -> None:
    counted = recording.run("sh", "make/size", IMAGE, run_says="3000000\\t/app\\n9000000\\t/\\n")
    assert counted.output.startswith(f"{IMAGE} 9.0 MB: ")
    failed = recording.run("sh", "make/size", IMAGE, check=False, fails="run", run_says="1\\t/\\n")
    assert (failed.code, failed.output) == (125, "")


# What the registry and both images say, as each engine asks them.
PINNED = {
    "pull_says": "Digest: sha256:00\\n",
    "image_says": "sha256:00 x@sha256:00\\n",
    "manifest_says": "a list\\n",
    "run_says": "Python 3.14.2\\n",
}


def test_pin_changes_the_images_and_the_python_and_nothing_else(recording: Project) -> None:
    recording.write(
        "Dockerfile", recording.read("Dockerfile") + "RUN printf 'a\\tb\\\\n' \\\n  &&\n"
    )
    unpinned = recording.read("Dockerfile")
    under(recording, **PINNED).run("sh", "make/pin")
    pinned = re.sub(r"^(ARG \w+_IMAGE=[^@\n]*).*", r"\1@sha256:00", unpinned, flags=re.MULTILINE)
    assert recording.read("Dockerfile") == pinned != unpinned
    assert recording.read(".python-version") == "3.14.2\n"
    again = under(recording, **PINNED).run("sh", "make/pin")
    assert again.output.startswith("nothing to change")


@pytest.mark.parametrize("fails", ["pull", "run"])
def test_a_pin_that_fails_changes_nothing(recording: Project, fails: str) -> None:
    files = ("Dockerfile", ".python-version")
    before = [recording.read(file) for file in files]
    failing = under(recording, **PINNED | {f"{fails}_says": "", "fails": fails})
    assert failing.run("sh", "make/pin", check=False).code
    assert [recording.read(file) for file in files] == before


def test_two_builds_are_compared_and_gone_afterwards(recording: Project) -> None:
    said = recording.run("sh", "make/verify", "--label", "a=two words", image_says="sha256:00\\n")
    assert said.output.endswith("sha256:00\nsha256:00\nboth are the same\n")
    record = Path(recording.env["record"]).read_text()
    builds = recorded(recording, "build")
    assert [build[-3:] for build in builds] == [["--label", "a=two words", "."]] * 2
    assert all("--no-cache" in build for build in builds)
    removed = "\0".join(["image", "rm", *(value(build, "--tag") for build in builds)])
    assert removed in record
    failed = recording.run("sh", "make/verify", check=False, fails="build")
    assert failed.code == 1
    assert failed.last_line.startswith("the image was not built: ")
