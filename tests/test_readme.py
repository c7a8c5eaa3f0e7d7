"""What the README shows, links and tells people to type is there, and works as written."""

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs import tables
from tests.conftest import TEMPLATE, Project, Render

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


def test_each_promise_links_the_test_that_proves_it() -> None:
    promises = README.partition("## What is guaranteed")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| [A-Z].*$", promises, re.MULTILINE)
    assert len(rows) > 15
    for row in rows:
        proofs = re.findall(r"\[`(test_\w+)`\]\((tests/\S+\.py)\)", row)
        assert proofs, row
        for name, path in proofs:
            assert f"\ndef {name}(" in (TEMPLATE / path).read_text(), name


@pytest.mark.parametrize("name", LISTED)
def test_what_a_page_links_is_there(name: str) -> None:
    page = TEMPLATE / name
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_each_picture_can_be_read_without_seeing_it() -> None:
    pictures = re.findall(r"!\[(.*)\]\((.*\.svg)\)", README)
    assert len(pictures) == 3
    assert all(len(words) > 20 and Path(TEMPLATE, path).exists() for words, path in pictures)
