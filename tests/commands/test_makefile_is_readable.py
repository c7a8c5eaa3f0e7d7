"""The Makefile is its owner's: a screen of plain commands. make/ is the template's, equal everywhere."""

import re
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from tests.support.answers import TEMPLATE, choices
from tests.support.network.database import database
from tests.support.project import Project, Render

MAKE = TEMPLATE / "template/make"
PARTS = sorted(path.name for path in MAKE.iterdir() if path.name not in {"README.md", "checksums"})


def count(pattern: str) -> Callable[[str], int]:
    return lambda text: len(re.findall(pattern, text, re.MULTILINE))


def widest(text: str) -> int:
    return max(len(line.expandtabs(4)) for line in text.splitlines())


def more_than_a_command(makefile: str) -> float:
    recipes = count(r"^\t")(makefile)
    return 100 * count(r"^\t.*(;|&&|\||\\$|\$\((if|shell)\b)")(makefile) / recipes


# What is measured, how, and the most that a Makefile may have of it.
FIGURES: dict[str, tuple[Callable[[str], float], int]] = {
    "lines": (count(r"\n"), 110),
    "columns": (widest, 100),
    "$$": (count(r"\$\$"), 8),
    "recipe lines that are more than one plain command, in percent": (more_than_a_command, 15),
    "programs of make": (count(r"\$\((eval|foreach)\b|^define\b|\$\(if\b.*\$\(if\b"), 0),
    "lists that grow with each target": (count(r"^\.PHONY"), 0),
    "variables without a comment above their group": (
        count(r"^(?![#\t]|\w+ [:?]?=).*\n(\w+ :=.*\n)*\w+ \?="),
        0,
    ),
}
# None, and the longest: each is a word in one recipe.
CHECKERS = ["none", max(choices("type_checker"), key=len)]
TOOLS = [[], ["hooks", "coverage"]]
ANSWERS = [
    dict(zip(("kind", "type_checker", "dev_tools", "deploy", "adopt"), answers, strict=True))
    for answers in product(choices("kind"), CHECKERS, TOOLS, choices("deploy"), [False, True])
]


@pytest.fixture(
    scope="module", params=ANSWERS, ids=lambda answers: "-".join(map(str, answers.values()))
)
def answered(request: pytest.FixtureRequest, render: Render) -> Project:
    """A project for these answers, with the longest name."""
    return render(app_name="z" * 40, **request.param)


def held(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mode) for path in folder.iterdir()}


def test_every_makefile_is_a_screen_of_plain_commands_beside_the_same_folder(
    answered: Project, template: Path
) -> None:
    """The files of make/ are those that lie in the template: no answer reaches them."""
    makefile = answered.read("Makefile")
    found = {name: measure(makefile) for name, (measure, _) in FIGURES.items()}
    assert {name: found[name] for name, (_, most) in FIGURES.items() if found[name] > most} == {}
    assert held(answered.folder / "make") == held(template / "template/make")
    assert not list(MAKE.glob("*.jinja"))


@pytest.mark.parametrize("name", PARTS)
def test_each_part_of_make_is_short_and_opens_with_what_it_is_for(name: str) -> None:
    text = (MAKE / name).read_text()
    assert count(r"\n")(text) <= 90
    assert widest(text) <= 100
    # A script has one sentence, and says how it is used; what others include has no usage.
    script = rf"#!/bin/sh\n# [A-Z][^.]*\.\n(# usage: sh make/{name}\b.*\n)+(?!#)"
    assert re.match(r"# [A-Z].*\." if Path(name).suffix else script, text)
    assert bool((MAKE / name).stat().st_mode & 0o111) != bool(Path(name).suffix)


def test_the_checksums_are_those_of_the_files() -> None:
    """`make format` writes them."""
    names = {path.name for path in MAKE.iterdir()} - {"checksums"}
    said = subprocess.check_output(["cksum", *names], cwd=MAKE, text=True)
    assert sorted((MAKE / "checksums").read_text().splitlines()) == sorted(said.splitlines())


# --- A change that an owner makes is one line; those that need an engine are in containers/ ---


def test_another_type_checker_is_one_line(project: Project) -> None:
    project.run("uv", "add", "--quiet", "--dev", "ty")
    project.replace("Makefile", "--locked mypy src tests\n", "--locked ty check\n")
    assert "All checks passed!" in project.make("types").output
    project.replace("src/my_app/cli.py", "-> None", "-> int")
    assert "error[invalid-implicit-return]" in project.make("types", check=False).output


@pytest.mark.parametrize(
    "target",
    [
        "load-data: ## Load example data\n\t@echo loaded $(ARGS)\n",
        "load-data: ; @echo loaded $(ARGS) ## Load example data\n",
    ],
)
def test_a_target_of_one_s_own_is_one_line_and_its_help(project: Project, target: str) -> None:
    """Nothing else lists it, and a file of its name does not keep it from running."""
    project.write("Makefile", project.read("Makefile") + target)
    project.write("load-data", "")
    assert project.make("load-data", "ARGS=twice").last_line == "loaded twice"
    assert re.search("^  load-data +Load example data$", project.make().output, re.MULTILINE)


def test_an_audit_in_check_is_one_line(render: Render, native_python: str) -> None:
    project = render(python_version=native_python, type_checker="none", dev_tools=[])
    project.replace("Makefile", " lint test ##", " lint test audit ##")
    with database() as address:
        project.replace("Makefile", "make/audit", f"make/audit --service-url={address}")
        found = project.make("check", check=False)
        project.replace("Makefile", "make/audit", "make/audit --ignore=GHSA-0000-0000-0000")
        ignored = project.make("check")
    assert found.code
    assert "GHSA-0000-0000-0000" in found.output
    assert ignored.last_line == "passed: lint test audit"
