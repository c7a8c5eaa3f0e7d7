"""Every block of commands in the template's README runs as written; what it renders is short.

What a test machine can't have is replaced by what stands in for it, and counted. The commands of a
rendered README and of the handbook are in `containers/test_handbook_commands.py` and `test_handbook_examples.py`.
"""

import os
import re
from pathlib import Path

import pytest

from tests.support.answers import EVERYTHING, TEMPLATE
from tests.support.machines.here import write_script
from tests.support.project import Project, Render
from tests.support.reading.pages import Record, blocks, sections, type_in

README = (TEMPLATE / "README.md").read_text()
HANDBOOK = (TEMPLATE / "template/make/README.md").read_text()
[ADDRESS] = re.findall(r" (https://github\.com/\S+/run-anywhere) ", README)


def test_the_first_command_of_the_readme(
    template: Path,
    machine: dict[str, str],
    native_python: str,
    tmp_path: Path,
    record_property: Record,
) -> None:
    """With the template of the network, nobody to answer the questions, and a Python that is here."""
    copy = f"copy --quiet --defaults --data python_version={native_python} {template}"
    newcomer = Project(tmp_path, machine)
    said = type_in(newcomer, blocks(README)[0], record_property, {f"copy {ADDRESS}": copy})
    assert said.splitlines()[-1] == "Hello, World!"


def test_the_two_commands_for_a_fresh_machine(
    machine: dict[str, str], tmp_path: Path, record_property: Record
) -> None:
    """As where no engine answers; `make check` lists the tests, of which this is one."""
    for engine in ("docker", "podman"):
        write_script(tmp_path / engine, "#!/bin/sh\nexit 1\n")
    env = {"PATH": f"{tmp_path}{os.pathsep}{machine['PATH']}", "TMPDIR": str(tmp_path)}
    demo, check = blocks(README)[1].splitlines()
    clone = Project(TEMPLATE, machine | env)
    said = type_in(clone, demo, record_property, {})
    assert said.splitlines()[-1].startswith(f"The demo is in {tmp_path}/")
    listed = {"make check\n": "make check ENGINE=none ARGS='-n0 --collect-only --quiet'\n"}
    said = type_in(clone, check, record_property, listed)
    assert "test_the_two_commands_for_a_fresh_machine" in said


def test_no_other_command_is_in_the_readme() -> None:
    assert len(blocks(README)) == 2


@pytest.mark.parametrize("deploy", ["none", "kubernetes"])
@pytest.mark.parametrize("kind", ["cli", "service"])
def test_a_rendered_readme_has_at_most_45_lines(render: Render, kind: str, deploy: str) -> None:
    project = render(**EVERYTHING | {"kind": kind, "deploy": deploy})
    assert len(project.read("README.md").splitlines()) <= 45


def test_the_handbook_has_at_most_140_lines() -> None:
    assert len(HANDBOOK.splitlines()) <= 140


# What uv, ruff and pytest-cov say.
OF_TOOLS = {
    "[*]",
    "Coverage failure",
    "Hash mismatch",
    "would be reformatted",
}


def test_each_message_that_the_handbook_explains_is_one_that_is_printed() -> None:
    rows = re.findall(r"(?m)^\| (.*?) \|", sections(HANDBOOK, 2)["When a check fails"])
    explained = set(re.findall(r"`(.+?)`", " ".join(rows)))
    sources = [*(TEMPLATE / "template/make").iterdir(), TEMPLATE / "template/Dockerfile.jinja"]
    printed = "".join(path.read_text() for path in sources if path.suffix != ".md")
    assert len(explained) > 10
    assert {message for message in explained if message not in printed} == OF_TOOLS
