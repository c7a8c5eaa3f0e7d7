"""`make update` brings make/ whole, and keeps what its owner changed in the Makefile."""

import re
import shutil
import sys
from itertools import chain
from pathlib import Path

import pytest

from tests.support.history import COPIER, Old
from tests.support.project import Project, Render, doctor
from tests.updates.changes import Change, files, fresh, later

pytestmark = pytest.mark.usefixtures("counted")

VOLUME = "--volume /srv/data:/data:ro"


def target(name: str, recipe: str = "echo hello") -> str:
    return f"{name}: needs-python ## Say hello\n\t@{recipe}\n"


def edit(project: Project, *edits: tuple[str, str]) -> None:
    """Change the Makefile as its owner does: each pattern matches in one place."""
    makefile = project.read("Makefile")
    for pattern, text in edits:
        makefile, found = re.subn(pattern, text, makefile, flags=re.MULTILINE)
        assert found == 1, pattern
    project.write("Makefile", makefile)


# --- From a project that was rendered when the machinery was still in the Makefile ---

# The last commit of that kind, in place of a release.
UNDIVIDED = pytest.mark.parametrize(
    "history", ["1a3b7afe8fb81b33a5ac1bfb792e10e6e4b6b78a"], indirect=True, ids=["undivided"]
)
# A target in the words of that Makefile, whose recipe needs a package that is locked.
OLD_TARGET = target("greet", "$(IN) $(UV_RUN) python -c 'import dotenv; print(\"hello\")'")
# What its owner changed: a pattern, and the text in its place.
OLD_EDITS = {
    "a target": (r"^##@ Dependencies\n", rf"{OLD_TARGET}\n\g<0>"),
    "a target at the end": (r"\Z", rf"\n{OLD_TARGET}"),
    "its name in .PHONY": (r"^\.PHONY: help", ".PHONY: greet help"),
    "a flag of ruff": (r"ruff check &&", "ruff check --preview &&"),
    "a flag of mypy": (r"mypy src tests", "mypy --no-color-output src tests"),
    "another check": (r"lint types test ##", "lint types test audit ##"),
    "a flag of the container": (r"^CONTAINER = ", rf"CONTAINER = {VOLUME} "),
    "a flag of uv": (r"^UV_RUN := uv run", "UV_RUN := uv run --quiet"),
}


@pytest.mark.sample
@pytest.mark.parametrize("kind", ["cli", "service"])
@UNDIVIDED
def test_an_undivided_makefile_becomes_that_of_today(
    old: Old, history: Project, kind: str, native_python: str, tmp_path: Path
) -> None:
    project = old(kind=kind)
    assert project.make("update").last_line.startswith("updated; ")
    # A choice that the earlier release did not offer stays unchosen.
    answers = {"kind": kind, "python_version": native_python, "dev_tools": ["coverage"]}
    today = fresh(history, tmp_path / "today", **answers)
    assert dict(files(project)) == dict(files(today))
    assert project.run("sh", "make/needs", "lock").output == ""


@pytest.mark.sample
@pytest.mark.parametrize(
    ("kind", "edits"),
    [("cli", [*OLD_EDITS]), ("service", [*OLD_EDITS]), ("cli", ["a target at the end"])],
    ids=["cli", "service", "at the end"],
)
@UNDIVIDED
def test_an_edit_of_an_undivided_makefile_arrives_or_is_in_a_conflict(
    old: Old, kind: str, edits: list[str]
) -> None:
    project = old(kind=kind)
    before = project.read("Makefile")
    edit(project, *(OLD_EDITS[name] for name in edits))
    own = set(project.read("Makefile").splitlines()) - set(before.splitlines())
    project.commit()

    result = project.make("update", check=False)

    after = project.read("Makefile")
    assert own <= set(after.splitlines())
    assert bool(result.code) == ("<<<<<<< before updating" in after)
    start, end = ("conflicts, ", " Makefile") if result.code else ("updated; ", ", and commit")
    assert result.last_line.startswith(start)
    assert result.last_line.endswith(end)
    if not result.code:
        assert project.make("start", "greet").last_line == "hello"


# --- From a project of today to a later release ---

# What an owner does: a target, a check more, and a volume, where the handbook says, or anywhere.
EVERYDAY = {
    "anywhere": [
        (r"^RUN_FLAGS \?=$", f"RUN_FLAGS ?= {VOLUME}"),
        (r"lint types test ##", "lint types test audit ##"),
        (r"^##@ Dependencies\n", rf"{target('greet')}\n\g<0>"),
        (r"\Z", f"\n{target('welcome')}"),
    ],
    "at the end": [(r"\Z", f"\nRUN_FLAGS += {VOLUME}\ncheck: audit\n\n{target('greet')}")],
}
MAKEFILE, MAKE = "template/Makefile.jinja", "template/make"
# What a release changes, of the kinds that the history has.
LATER: dict[str, list[Change]] = {
    "a message, a help text and the handbook": [
        (f"{MAKE}/needs", "is out of date with", "does not fit"),
        (MAKEFILE, "## Run the tests", "## Run all tests"),
        (f"{MAKE}/README.md", r"\Z", "\n## Questions\n\nAsk.\n"),
    ],
    "a flag of the container, in its script and in each target": [
        (f"{MAKE}/container", "--pids-limit 256", "--pids-limit 512"),
        (MAKEFILE, r"\$\(RUN_FLAGS\)", "--memory 1g $(RUN_FLAGS)"),
    ],
    "a variable of the shell": [(f"{MAKE}/machine.mk", "UV_OFFLINE", "UV_OFFLINE UV_NOTHING")],
    "a new script and its target": [
        (f"{MAKE}/lines", "", "#!/bin/sh\n# Count the lines.\nwc -l src/*/*.py\n"),
        (MAKEFILE, r"^sbom:", r"lines: ## Count the lines\n\t@sh make/lines\n\n\g<0>"),
    ],
    "a target less, and another order of targets": [
        (MAKEFILE, r"^logs:.*\n\t.*\n\n", ""),
        (MAKEFILE, r"^(push:.*\n\t.*\n\n)(save:.*\n\t.*\n)", r"\2\n\1"),
    ],
    "a new section": [
        (MAKEFILE, r"^##@ The template", r"##@ Releases\ntag: ## Tag it\n\tgit tag $(TAG)\n\n\g<0>")
    ],
    "a guard more": [(MAKEFILE, r"^push: ", "push: needs-committed ")],
    "a guard of many targets": [(MAKEFILE, r"needs-python needs-lock ##", "needs-sync ##")],
    "another recipe": [(MAKEFILE, r"\{\{ test_command \}\}", r"\g<0> --strict-markers")],
    "a new variable": [(MAKEFILE, "^# The command behind", r"# Seconds.\nTIMEOUT ?= 60\n\g<0>")],
    "another version of Copier, and another Python": [
        (MAKEFILE, r"\{\{ copier_version \}\}", "99.0.0"),
        ("copier.yml", r"else '3\.14'", "else '3.13'"),
    ],
}
# The lines that an owner changes, and the places where he adds some: only the end is his.
NEXT_TO_EDITS: dict[str, list[Change]] = {
    "the check": [(MAKEFILE, r"^check: .* ##.*", "check: needs-lock lint test ## Check it")],
    "what a variable is for": [(MAKEFILE, "^# More flags for", "# Flags for")],
    "a new variable beside it": [
        (MAKEFILE, r"^RUN_FLAGS.*\n", r"\g<0># Seconds.\nTIMEOUT ?= 60\n")
    ],
    "the last line of a recipe": [(MAKEFILE, "@sh make/uv --clean", r"\g<0> --all")],
    "a target behind the last": [
        (MAKEFILE, r"^clean:.*(\n\t.*)+\n", r"\g<0>\nlast: ## Last\n\t@echo last\n")
    ],
    "a target beside it": [(MAKEFILE, "^##@ Dep", r"demo: ## Show it\n\t@echo demo\n\n\g<0>")],
}


@pytest.fixture(scope="module")
def born(render: Render, native_python: str) -> Project:
    """A project as it is rendered today, for tests that work in copies."""
    return render(python_version=native_python)


@pytest.fixture
def project(born: Project, tmp_path: Path) -> Project:
    """A copy of it, committed."""
    project = Project(shutil.copytree(born.folder, tmp_path / "app"), born.env | COPIER)
    project.commit()
    return project


@pytest.mark.sample
@pytest.mark.parametrize(
    ("where", "changes"), [("anywhere", LATER), ("at the end", NEXT_TO_EDITS)], ids=EVERYDAY
)
def test_a_later_release_meets_no_edit_of_the_makefile(
    project: Project,
    template: Path,
    where: str,
    changes: dict[str, list[Change]],
    native_python: str,
    tmp_path: Path,
) -> None:
    """Of all the changes at once; where one conflicts, its name is beside it."""
    edit(project, *EVERYDAY[where])
    release = later(project, template, tmp_path / "later", *chain(*changes.values()))
    assert project.make("update").last_line.startswith("updated; ")
    today = fresh(release, tmp_path / "today", python_version=native_python)
    edit(today, *EVERYDAY[where])
    assert dict(files(project)) == dict(files(today))
    assert project.run("sh", "make/changed").output == ""


# --- What was changed in make/ by hand ---


def named(project: Project) -> str:
    """What `make doctor` and `make outdated` say of files that were changed by hand."""
    offline = Project(project.folder, project.env | {"HTTPS_PROXY": "http://127.0.0.1:9"})
    mark, said = doctor(offline)["make/"]
    outdated = offline.make("outdated").last_line
    assert ("changed by hand" in outdated) == (mark == "--")
    _, _, files = said.partition(": ")
    assert files in outdated
    return files


def test_what_was_changed_by_hand_in_make_is_named_until_it_is_restored(
    project: Project, template: Path, tmp_path: Path
) -> None:
    """An update brings differences, so that it restores nothing."""
    assert named(project) == ""
    project.replace("make/audit", "#!/bin/sh\n", "#!/bin/sh\n# Mine.\n")
    (project.folder / "make/size").unlink()
    assert named(project) == "make/audit make/size"

    later(
        project, template, tmp_path / "later",
        (f"{MAKE}/audit", "no package was looked up", "nothing was looked up"),
        (f"{MAKE}/size", "largest", "the largest"),
    )  # fmt: skip
    project.make("update")
    assert "nothing was looked up" in project.read("make/audit")
    assert named(project) == "make/audit make/size"

    handbook = project.read("make/README.md")
    (restore,) = re.findall(r"^    uvx (copier recopy .*)", handbook, re.MULTILINE)
    project.run("sh", "-c", f"{sys.executable} -m {restore}")
    assert named(project) == ""
