"""What is rendered passes the linters that people use, and so does the template itself."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from editorconfig import get_properties

from tests.support.answers import EVERYTHING
from tests.support.project import Project, Render
from tests.support.reading.linters import (
    LINTERS,
    actionlint,
    hadolint,
    mbake,
    recipes,
    ruff,
    schemas,
    shellcheck,
    shfmt,
    taplo,
    yamllint,
    zizmor,
)

Linter = Callable[[Path], str]

every_linter = pytest.mark.parametrize("linter", LINTERS, ids=[each.__name__ for each in LINTERS])


@every_linter
def test_what_is_rendered_passes_its_linters(linter: Linter, rendered: Project) -> None:
    assert linter(rendered.folder) == ""


@every_linter
def test_the_template_itself_passes_its_linters(linter: Linter, template: Path) -> None:
    assert linter(template) == ""


# A mistake for each linter and for each schema, so that none of them is content with everything.
MISTAKES = [
    (ruff, "src/my_app/main.py", "import uvicorn\n", "import os\n\nimport uvicorn\n"),
    (yamllint, ".gitlab-ci.yml", "default:\n", "default:   \n"),
    (taplo, "pyproject.toml", 'name = "my-app"', 'name="my-app"'),
    (mbake, "Makefile", "TAG ?= latest", "TAG?=latest"),
    (mbake, "make/machine.mk", "UV := $(if", "UV:=$(if"),
    (hadolint, "Dockerfile", "FROM ${PYTHON_IMAGE} ", "FROM debian:latest "),
    (shellcheck, "src/my_app/py.typed", "", "#!/bin/sh\nrm $1/*\n"),
    (shellcheck, "make/size", "image=$1", "image=$1 unused="),
    (shellcheck, "make/pin", ". make/lib.sh", ". make/library.sh"),
    (shellcheck, "make/lib.sh", '"$*" >&2', "$* >&2"),
    (shfmt, "make/size", "test $# = 1 ||", "test $# = 1||"),
    (shfmt, "make/lib.sh", "    printf", "  printf"),
    (recipes, "Makefile", "\trm -rf .venv", "\t[[ -d .venv ]] && rm -rf .venv"),
    (recipes, "make/machine.mk", "\ttest -e .env || cp", "\t[[ -f .env ]] || cp"),
    (actionlint, ".github/workflows/ci.yml", "needs: check", "needs: checks"),
    (zizmor, ".github/workflows/ci.yml", "persist-credentials: false", "fetch-depth: 0"),
    (zizmor, ".gitea/workflows/ci.yml", "persist-credentials: false", "fetch-depth: 0"),
    (schemas, ".circleci/config.yml", "requires: [check]", "requires: check"),
    (schemas, ".gitea/workflows/ci.yml", "runs-on:", "run-on:"),
    (schemas, ".github/dependabot.yml", "package-ecosystem:", "ecosystem:"),
    (schemas, ".github/workflows/ci.yml", "runs-on:", "run-on:"),
    (schemas, ".gitlab-ci.yml", "interruptible: true", "interruptible: 1"),
    (schemas, "azure-pipelines.yml", "timeoutInMinutes:", "timeout:"),
    (schemas, "bitbucket-pipelines.yml", "max-time: 15", "max-time: long"),
    (schemas, "renovate.json", '"enabled": false', '"enabled": "no"'),
]


@pytest.mark.parametrize(
    ("linter", "path", "old", "new"),
    MISTAKES,
    ids=[f"{linter.__name__}-{path}" for linter, path, *_ in MISTAKES],
)
def test_a_linter_finds_a_mistake(
    linter: Linter, path: str, old: str, new: str, render: Render
) -> None:
    bot = "dependabot" if "dependabot" in path else "renovate"
    project = render(**EVERYTHING | {"bot": bot})
    project.replace(path, old, new)
    assert linter(project.folder)


def test_what_is_rendered_follows_its_editorconfig(rendered: Project) -> None:
    seen = set()
    for path in rendered.folder.rglob("*"):
        # The lock and the answers are written by uv and by Copier, the licences by their authors.
        if path.is_dir() or path.name in {"uv.lock", ".copier-answers.yml", "LICENSE"}:
            continue
        wanted = get_properties(str(path))
        text = path.read_bytes().decode(wanted["charset"])
        seen.add(wanted["indent_style"] + wanted["indent_size"])
        assert (wanted["end_of_line"], wanted["insert_final_newline"]) == ("lf", "true")
        assert "\r" not in text
        assert text.endswith("\n") or not text
        indented = {"tab": "\t+", "space": f"( {{{wanted['indent_size']}}})+"}[
            wanted["indent_style"]
        ]
        for line in text.splitlines():
            assert line == line.rstrip() or wanted["trim_trailing_whitespace"] != "true", path
            # A Dockerfile and Markdown indent lines to what is above them.
            if line.startswith((" ", "\t")) and path.name not in {"Dockerfile", "README.md"}:
                assert re.match(rf"{indented}\S", line), (path, line)
    assert seen >= {"space4", "tab4"}
