"""What the README and docs/ show, link and tell people to type is there, and works as written."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.pictures import tables
from tests.support.answers import TEMPLATE
from tests.support.project import Project, Render
from tests.support.reading.pages import listings
from tests.support.run import places

README = (TEMPLATE / "README.md").read_text()
LISTED = subprocess.check_output(["git", "ls-files", "*.md"], cwd=TEMPLATE, text=True).split()
PAGES = sorted(path.name for path in (TEMPLATE / "docs").glob("*.md") if path.name != "README.md")
TEXT = "{http://www.w3.org/2000/svg}text"


def page(name: str) -> str:
    return (TEMPLATE / f"docs/{name}.md").read_text()


def test_the_readme_has_at_most_110_lines() -> None:
    assert len(README.splitlines()) <= 110


def test_the_index_names_each_page_once() -> None:
    assert sorted(re.findall(r"^\d+\. .*\((\w+\.md)\)", page("README"), re.MULTILINE)) == PAGES


def test_the_tables_are_those_of_copier_yml_and_of_the_help(render: Render) -> None:
    found = {"questions": tables.questions(), "commands": tables.commands(render().folder)}
    for name, table in found.items():
        assert tables.written(page(name), name, table) == page(name), "make pictures"


@pytest.mark.parametrize(
    ("language", "file"),
    [("toml", "pyproject.toml"), ("makefile", "Makefile"), ("dockerfile", "Dockerfile")],
)
def test_what_the_readme_shows_of_a_file_is_in_it(
    project: Project, language: str, file: str
) -> None:
    """To the letter, and in this order."""
    [shown] = listings(README, language)
    lines = iter(project.read(file).splitlines())
    for line in shown.splitlines():
        assert line in lines, line


def drawn(name: str) -> list[str]:
    """The lines of a recorded session."""
    lines: dict[str, str] = {}
    for text in ElementTree.parse(TEMPLATE / f"docs/pictures/{name}.svg").iter(TEXT):
        if "clip-path" in text.attrib:
            # What a blank separates is drawn apart, so only the place tells that there is one.
            line = lines.get(text.attrib["y"], "")
            column = round(float(text.attrib["x"]) / 12.2)
            lines[text.attrib["y"]] = line.ljust(column) + (text.text or "")
    return [line.replace("\xa0", " ").rstrip() for line in lines.values()]


def test_the_session_shows_the_commands_that_make_runs_today(project: Project) -> None:
    shown = drawn("session")
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


def test_the_help_is_that_of_today(project: Project) -> None:
    said = project.make().output
    assert drawn("help") == ["$ make"] + [line for line in said.splitlines() if line], (
        "make pictures"
    )


def test_an_update_in_the_picture_keeps_the_edit() -> None:
    first, edit, typed, *_, last, still = drawn("update")
    assert (first, typed, last) == ("$ tail -n 1 Makefile", "$ make update", first)
    assert still == edit == "RUN_FLAGS += --memory 512m"


@pytest.mark.parametrize("name", ["proofs", "places"])
def test_each_row_links_the_tests_that_prove_it(name: str) -> None:
    rows = places.table(page(name))
    assert len(rows) > 12
    for row, proofs in rows.items():
        assert proofs, row
        for proof in proofs:
            assert f"\ndef {proof.name}(" in (TEMPLATE / proof.path).read_text(), proof


def test_each_place_that_is_one_case_of_a_test_is_there() -> None:
    rows = places.table(page("places")).values()
    cases = [proof for proofs in rows for proof in proofs if proof.parameters]
    collect = ["-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "--collect-only"]
    command = [sys.executable, *collect, *{proof.path for proof in cases}]
    env = os.environ | {"PYTEST_ADDOPTS": ""}
    found = subprocess.check_output(command, cwd=TEMPLATE, env=env, text=True).splitlines()
    assert not [proof for proof in cases if not any(map(proof.includes, found))]


def test_each_promise_of_the_readme_links_the_page_that_proves_it() -> None:
    section = README.partition("\n## What is different\n")[2].partition("\n## ")[0]
    promises = re.findall(r"^\d+\. .*$", section, re.MULTILINE)
    assert len(promises) == 10
    assert all("](docs/" in promise for promise in promises)


@pytest.mark.parametrize("name", LISTED)
def test_what_a_page_links_is_there(name: str) -> None:
    source = TEMPLATE / name
    for target in re.findall(r"\]\(([^)#:]+)\)", source.read_text()):
        assert (source.parent / target).exists(), target


def test_each_picture_can_be_read_without_seeing_it() -> None:
    listed = [(TEMPLATE / name, (TEMPLATE / name).read_text()) for name in LISTED]
    pictures = [
        (words, (path.parent / picture).resolve())
        for path, text in listed
        for words, picture in re.findall(r"!\[(.*)\]\((.*\.svg)\)", text)
    ]
    assert all(len(words) > 20 and picture.exists() for words, picture in pictures)
    drawn = {Path(path) for path in (TEMPLATE / "docs/pictures").glob("*.svg")}
    assert drawn <= {picture for _, picture in pictures}
