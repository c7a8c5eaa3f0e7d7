"""`make` alone and `make doctor`: what there is, what is missing, and what to type."""

import os
import pty
import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project, Render, doctor, only

LONGEST = "z" * 40
CLUSTERED = {"app_name": LONGEST, "kind": "service", "deploy": "kubernetes"}
COLOUR = re.compile(r"\x1b\[\d*m")


@pytest.mark.parametrize(
    "answers", [{"app_name": LONGEST}, CLUSTERED, {"type_checker": "none", "dev_tools": ["hooks"]}]
)
def test_make_alone_lists_the_commands_on_one_screen(
    render: Render, answers: dict[str, object]
) -> None:
    project = render(**answers)
    help_ = project.make().output
    makefile = project.read("Makefile")
    assert len(help_.splitlines()) <= 40
    assert max(map(len, help_.splitlines())) <= 80
    listed = re.findall(r"^  ([a-z]+) +[A-Z]", help_, re.MULTILINE)
    assert listed == re.findall(r"^([a-z]+):.* ##", makefile, re.MULTILINE)
    assert re.findall(r"^([A-Z].*?)(?: \(|$)", help_, re.MULTILINE) == [
        "Every day",
        "Dependencies",
        "Container",
        "The template",
        "The machine",
    ]
    settable = re.findall(r"^([A-Z_]+) \?=", makefile, re.MULTILINE)
    assert len(settable) >= 6
    assert [name for name in settable if f"{name}=" not in help_] == []
    phony = " ".join(re.findall(r"^.PHONY:(.*)", makefile, re.MULTILINE)).split()
    assert set(phony) == set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def on_a_terminal(project: Project, *command: str, **env: str) -> str:
    """Run a command whose output is a terminal, and return what it printed there."""
    terminal, inside = pty.openpty()
    subprocess.run(
        command, cwd=project.folder, env=project.env | env, stdout=inside, stderr=inside, check=True
    )
    os.close(inside)
    printed = b""
    while b"clean " not in printed:
        printed += os.read(terminal, 65536)
    os.close(terminal)
    return printed.decode().replace("\r\n", "\n")


def test_the_help_is_in_colour_where_a_terminal_shows_it_and_nobody_minds(render: Render) -> None:
    project = render()
    plain = project.make(TERM="xterm").output
    assert not COLOUR.search(plain)
    coloured = on_a_terminal(project, "make", TERM="xterm", NO_COLOR="")
    assert len(COLOUR.findall(coloured)) > 60
    assert COLOUR.sub("", coloured) == plain
    for env in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        assert on_a_terminal(project, "make", **env) == plain


def test_doctor_shows_what_is_there_and_changes_nothing(
    render: Render, native_python: str, port: int
) -> None:
    project = render(python_version=native_python, kind="service")
    project.write(".env", f"GREETING=Hello\nPORT={port}\n")
    found = doctor(project)
    template = found.pop("template")
    assert found.pop("engine")
    assert {name: mark for name, (mark, _) in found.items()} == dict.fromkeys(
        ["make", "uv", "python", "lock", ".env", "port"], "ok"
    )
    assert re.fullmatch(
        rf"{native_python} wanted, {native_python}\.\d+\S* found", found["python"][1]
    )
    assert found["port"][1] == f"{port} on 127.0.0.1 is free"
    assert template == ("ok", "v999.0.0 is the newest")
    assert not (project.folder / ".venv").exists()
    with socket.create_server(("127.0.0.1", port)):
        assert doctor(project)["port"] == (
            "--",
            f"port {port} on 127.0.0.1 is taken: make down, or make run PORT={port + 1}",
        )


def stale(project: Project) -> None:
    project.replace("pyproject.toml", '"typer",', '"typer",\n    "rich",')


def unreadable(project: Project) -> None:
    project.replace("pyproject.toml", '"typer",', '"typer')


def strange(project: Project) -> None:
    project.write(".python-version", "3.99\n")


def unclean(project: Project) -> None:
    project.write(".env", '# first\nGREETING="Hello"\n')


def without_example(project: Project) -> None:
    (project.folder / ".env.example").unlink()


def with_neither(project: Project) -> None:
    tools = ["make", "sh", "sed", "git", "grep", "cat", "cp", "awk", "cut", "head", "sleep", "tail"]
    project.env = project.env | {"PATH": only(project.folder / "bin", *tools, "tr")}


@pytest.mark.parametrize(
    ("state", "row", "mark", "said"),
    [
        (Project.commit, ".env", "--", ".env is missing: make start"),
        (
            unclean,
            ".env",
            "--",
            ".env: some lines are read differently by different programs; write",
        ),
        (without_example, ".env", "NO", ".env is missing: make start"),
        (stale, "lock", "NO", "uv.lock is out of step with pyproject.toml: make lock"),
        (unreadable, "lock", "NO", "uv refuses pyproject.toml or uv.lock: make install says why"),
        (
            strange,
            "python",
            "NO",
            "Python 3.99 is not on this machine and can't be fetched: install",
        ),
        (with_neither, "uv", "NO", "uv is not on this machine: https://docs.astral.sh/uv/"),
        (
            with_neither,
            "engine",
            "NO",
            "neither uv nor a container engine is on this machine: install",
        ),
    ],
)
def test_doctor_fails_exactly_where_start_would(
    project: Project, state: Callable[[Project], None], row: str, mark: str, said: str
) -> None:
    state(project)
    found = doctor(project)
    assert found[row][0] == mark
    assert found[row][1].startswith(said)
    assert bool(project.make("start", check=False).code) == (mark == "NO")


def test_doctor_tells_whether_the_template_has_moved_on(project: Project, tmp_path: Path) -> None:
    template = Project(tmp_path, project.env)
    template.write("README", "a template\n")
    template.commit()
    for tag in ("v1.2.0", "v1.10.0", "v1.11.0rc1", "latest"):
        template.git("tag", tag)
    # The address of GitHub, and what stands in for it.
    project.env = project.env | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tmp_path}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/me/it",
    }
    for address in (str(tmp_path), "gh:me/it", "git+https://github.com/me/it"):
        for commit, row in {
            "v1.2.0": ("--", "v1.2.0, and v1.10.0 is out: make update"),
            "v1.10.0": ("ok", "v1.10.0 is the newest"),
        }.items():
            project.write(".copier-answers.yml", f"_commit: {commit}\n_src_path: {address}\n")
            assert doctor(project)["template"] == row, address
    (project.folder / ".copier-answers.yml").unlink()
    assert doctor(project)["template"][1].startswith("unknown; the newest can't be read from ")


def test_doctor_waits_for_no_template_that_does_not_answer(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}/template"
        project.write(".copier-answers.yml", f"_commit: v1.0.0\n_src_path: {address}\n")
        started = time.monotonic()
        found = doctor(project, NO_PROXY="127.0.0.1")
        assert time.monotonic() - started < 10
    assert found["template"] == (
        "--",
        f"v1.0.0; the newest can't be read from {address}: make outdated",
    )
