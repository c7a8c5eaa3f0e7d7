"""What the README shows, links and tells people to type is there, and works as written."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs import tables
from tests.support.answers import TEMPLATE
from tests.support.project import Project, Render
from tests.support.run import places

README = (TEMPLATE / "README.md").read_text()
LISTED = subprocess.check_output(["git", "ls-files", "*.md"], cwd=TEMPLATE, text=True).split()
TSPAN = "{http://www.w3.org/2000/svg}text"


def test_the_tables_are_those_of_copier_yml_and_of_the_help(render: Render) -> None:
    found = {"questions": tables.questions(), "commands": tables.commands(render().folder)}
    assert tables.written(README, found) == README, "make pictures"


def drawn() -> list[str]:
    """The lines of the recorded session."""
    lines: dict[str, str] = {}
    for text in ElementTree.parse(TEMPLATE / "docs/session.svg").iter(TSPAN):
        if "clip-path" in text.attrib:
            # What a blank separates is drawn apart, so only the place tells that there is one.
            line = lines.get(text.attrib["y"], "")
            column = round(float(text.attrib["x"]) / 12.2)
            lines[text.attrib["y"]] = line.ljust(column) + (text.text or "")
    return [line.replace("\xa0", " ").rstrip() for line in lines.values()]


def test_the_session_shows_the_commands_that_make_runs_today(project: Project) -> None:
    shown = drawn()
    assert shown[0] == "$ make start check run"
    assert shown[-1] == "Hello, World!"
    dry = project.make("--dry-run", "start", "check").output.splitlines()
    # What make does not echo redirects what it prints.
    echoed = re.compile(r" *((uv|cp|sh -c) [^>]*)")
    seen, run = (
        [line.strip() for line in lines if echoed.fullmatch(line)] for lines in (shown, dry)
    )
    assert len(run) == 5
    assert seen == run, "make pictures"


@pytest.mark.parametrize("heading", ["What is guaranteed", "Where it runs"])
def test_each_row_links_the_tests_that_prove_it(heading: str) -> None:
    rows = places.table(README, heading)
    assert len(rows) > 12
    for row, proofs in rows.items():
        assert proofs, row
        for proof in proofs:
            assert f"\ndef {proof.name}(" in (TEMPLATE / proof.path).read_text(), proof


def test_each_place_that_is_one_case_of_a_test_is_there() -> None:
    rows = places.table(README, "Where it runs").values()
    cases = [proof for proofs in rows for proof in proofs if proof.parameters]
    collect = ["-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "--collect-only"]
    command = [sys.executable, *collect, *{proof.path for proof in cases}]
    env = os.environ | {"PYTEST_ADDOPTS": ""}
    found = subprocess.check_output(command, cwd=TEMPLATE, env=env, text=True).splitlines()
    assert not [proof for proof in cases if not any(map(proof.includes, found))]


@pytest.mark.parametrize("name", LISTED)
def test_what_a_page_links_is_there(name: str) -> None:
    page = TEMPLATE / name
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_each_picture_can_be_read_without_seeing_it() -> None:
    pictures = re.findall(r"!\[(.*)\]\((.*\.svg)\)", README)
    assert len(pictures) == 3
    assert all(len(words) > 20 and Path(TEMPLATE, path).exists() for words, path in pictures)
