"""Each script of make/ by itself: without make, from any folder, with this machine's shell and BusyBox's."""

import re
from pathlib import Path

import pytest

from tests.commands.scripts.conftest import IMAGE
from tests.support.answers import TEMPLATE
from tests.support.project import Project

WRONG = """alone x, build, changed x, commit x, container, container up, container dance my-app:1, deploy, deploy a b,
copier, doctor x, engine x, env x, help x, hooks x, ignored x, installable x, installed, installed a b,
lacks, lacks x, lacks run, lacks read x, moved x, name, name x,
needs, needs nothing, outdated, pin x, prune, push, push a b, quoted, running, running x, save, sbom x, shipped, shipped a b, size,
size a b, tests, update, uv, why x"""
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
    assert with_uv.make("start", "lint", "run").last_line == "Hello, World!"


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


@pytest.mark.parametrize(
    "line", ["changed", "commit", "help", "hooks", "needs merged", "uv --clean"]
)
def test_what_needs_nothing_does_without(bare: Project, line: str) -> None:
    script, *arguments = line.split()
    assert "not found" not in bare.run("sh", f"make/{script}", *arguments).output


def test_no_variable_has_to_be_set_to_check_an_env_file(bare: Project) -> None:
    bare.write(".env", "A='1 2'\n")
    assert bare.run("sh", "make/needs", "env").output == ""
    bare.write(".env", "A='1\n")
    assert bare.run("sh", "make/needs", "env", check=False).output.startswith("1:A='1\n.env: uv")


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
