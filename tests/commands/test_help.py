"""`make` alone: what there is, on one screen."""

import os
import pty
import re
import subprocess

import pytest

from tests.support.project import Project, Render

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


def test_a_command_runs_beside_a_file_of_its_name(service: Project) -> None:
    service.replace("Makefile", "##@ Dep", "say-hello: ## Say hello\n\t@echo hello\n\n##@ Dep")
    targets = re.findall(r"^([a-z-]+):.* ##", service.read("Makefile"), re.MULTILINE)
    for target in targets:
        service.write(target, "")
    assert "say-hello Say hello" in service.make().output
    assert "up to date" not in service.make("--dry-run", *targets).output


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


def test_the_help_is_in_colour_where_a_terminal_shows_it_and_nobody_minds(born: Project) -> None:
    plain = born.make(TERM="xterm").output
    assert not COLOUR.search(plain)
    coloured = on_a_terminal(born, "make", TERM="xterm", NO_COLOR="")
    assert len(COLOUR.findall(coloured)) > 50
    assert COLOUR.sub("", coloured) == plain
    for env in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        assert on_a_terminal(born, "make", **env) == plain
