"""The rendered files: complete, well-formed, and in agreement with one another."""

import ast
import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_copie.plugin import Copie

from tests.conftest import (
    PYTHONS,
    UV_VERSION,
    Project,
    Render,
)

HOSTILE = 'He said "hi" \\ it\'s {{ 1 + 1 }} $(touch canary) `touch canary` # ünï 🐍'
ODD: dict[str, object] = {
    "app_name": "zz-top",
    "description": HOSTILE,
    "author_name": 'Ada "the Countess" Lovelace \\',
    "author_email": "ada+x@example.org",
    "kind": "service",
    "type_checker": "none",
    "dev_tools": ["hooks"],
    "ci": [],
    "license": "proprietary",
}
EVERYTHING: dict[str, object] = {
    "kind": "service",
    "type_checker": "basedpyright",
    "dev_tools": ["coverage", "hooks"],
    "ci": ["github", "gitlab"],
    "license": "Apache-2.0",
    "deploy": "kubernetes",
}
ANSWERS: dict[str, dict[str, object]] = {"default": {}, "odd": ODD, "everything": EVERYTHING}


@pytest.fixture(scope="module", params=ANSWERS)
def rendered(request: pytest.FixtureRequest, render: Render) -> Project:
    """A project for the default answers, for the oddest, and for all that can be had."""
    return render(**ANSWERS[request.param])


def texts(project: Project) -> Iterator[tuple[str, str]]:
    for path in sorted(project.folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(project.folder)), path.read_text()


def toml(project: Project, path: str) -> dict[str, Any]:
    return tomllib.loads(project.read(path))


def test_pytest_copie_renders_the_project(copie: Copie) -> None:
    result = copie.copy(extra_answers={"kind": "service"})
    assert result.exception is None
    assert result.exit_code == 0
    assert result.project_dir
    assert (result.project_dir / "src/my_app/main.py").exists()


def test_every_file_parses(rendered: Project) -> None:
    parse: dict[str, Callable[[str], object]] = {
        ".toml": tomllib.loads,
        ".lock": tomllib.loads,
        ".py": ast.parse,
        ".yaml": yaml.safe_load,
        ".yml": yaml.safe_load,
    }
    parsed = [
        parse[suffix](text)
        for name, text in texts(rendered)
        if (suffix := Path(name).suffix) in parse
    ]
    assert len(parsed) >= 8


def test_every_file_is_tidy(rendered: Project) -> None:
    for name, text in texts(rendered):
        if not text and name.endswith("py.typed"):
            continue
        assert text.endswith("\n"), f"{name} does not end with a line end"
        assert not text.endswith("\n\n"), f"{name} ends with a blank line"
        assert not re.search(r"[ \t]$", text, re.MULTILINE), (
            f"{name} has white space at a line's end"
        )
        blank_lines = "\n\n\n\n" if name.endswith(".py") else "\n\n\n"
        assert blank_lines not in text, f"{name} has blank lines in a row"
        if name != "README.md":
            assert "{%" not in text, f"{name} holds a tag of the template"


def test_answers_arrive_to_the_letter(render: Render) -> None:
    project = render(**ODD)
    metadata = toml(project, "pyproject.toml")["project"]
    assert metadata["description"] == HOSTILE
    assert metadata["authors"] == [{"name": ODD["author_name"], "email": ODD["author_email"]}]
    answers = yaml.safe_load(project.read(".copier-answers.yml"))
    assert {name: answers[name] for name in ODD} == ODD
    assert HOSTILE in project.read("README.md")
    assert str(ODD["author_name"]) in project.read("LICENSE")


@pytest.mark.parametrize(
    ("answers", "files"),
    [
        ({}, {".github/workflows/ci.yml"}),
        ({"ci": []}, set()),
        ({"ci": ["gitlab"]}, {".gitlab-ci.yml"}),
        ({"ci": [], "dev_tools": ["hooks"]}, {".pre-commit-config.yaml"}),
        (
            {"ci": [], "deploy": "kubernetes"},
            {
                "deploy/base/cronjob.yaml",
                "deploy/base/kustomization.yaml",
                "deploy/production/kustomization.yaml",
                "deploy/production/settings.env",
            },
        ),
    ],
)
def test_only_files_that_were_asked_for_are_there(
    render: Render, answers: dict[str, object], files: set[str]
) -> None:
    always = {
        ".copier-answers.yml",
        ".dockerignore",
        ".env.example",
        ".gitignore",
        ".python-version",
        "Dockerfile",
        "LICENSE",
        "Makefile",
        "README.md",
        "pyproject.toml",
        "src/my_app/__init__.py",
        "src/my_app/cli.py",
        "src/my_app/py.typed",
        "src/my_app/settings.py",
        "tests/conftest.py",
        "tests/test_cli.py",
        "tests/test_settings.py",
        "uv.lock",
    }
    assert {name for name, _ in texts(render(**answers))} == always | files


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_equal_answers_give_equal_files(render: Render, answers: dict[str, object]) -> None:
    def digest(project: Project) -> str:
        return hashlib.sha256(repr(list(texts(project))).encode()).hexdigest()

    assert digest(render(**answers)) == digest(render(**answers))


@pytest.mark.parametrize("python", PYTHONS)
def test_the_python_version_is_the_same_everywhere(render: Render, python: str) -> None:
    project = render(python_version=python, ci=["github", "gitlab"])
    assert project.read(".python-version") == f"{python}\n"
    assert toml(project, "pyproject.toml")["project"]["requires-python"] == f"=={python}.*"
    assert toml(project, "uv.lock")["requires-python"] == f"=={python}.*"
    images = re.findall(
        r"python(?::|)(3\.\d+)-", project.read("Dockerfile") + project.read(".gitlab-ci.yml")
    )
    assert images == [python] * 3


def test_the_dockerfile_is_read_in_a_minute(rendered: Project) -> None:
    assert len(rendered.read("Dockerfile").splitlines()) < 45


def test_uv_and_its_build_backend_have_one_version() -> None:
    assert version("uv-build") == UV_VERSION


def test_the_uv_version_is_the_same_everywhere(render: Render) -> None:
    project = render(ci=["github", "gitlab"])
    assert toml(project, "pyproject.toml")["build-system"]["requires"] == [
        f"uv_build=={UV_VERSION}"
    ]
    workflow = yaml.safe_load(project.read(".github/workflows/ci.yml"))
    assert workflow["jobs"]["check"]["steps"][1]["with"]["version"] == UV_VERSION
    for path in ("Dockerfile", ".gitlab-ci.yml"):
        assert re.findall(r"/uv:(.*?)-", project.read(path)) == [UV_VERSION], path


def test_the_oldest_uv_that_is_allowed_will_do(project: Project, tmp_path: Path) -> None:
    """pyproject.toml has a lower bound and nothing else, so that it stops no newer uv."""
    required = toml(project, "pyproject.toml")["tool"]["uv"]["required-version"]
    [oldest] = re.findall(r"^>=([\d.]+)$", required)
    python = f"--python={project.read('.python-version').strip()}"
    install = ["uv", "pip", "install", "--quiet", "--no-deps", python, f"--target={tmp_path}"]
    project.run(*install, f"uv=={oldest}")
    project.env = project.env | {"PATH": f"{tmp_path}/bin:{project.env['PATH']}"}
    assert project.run("uv", "--version").output.startswith(f"uv {oldest}.0")
    born = project.read("uv.lock")
    project.make("start", "check", "lock")
    assert project.read("uv.lock") == born
    project.make("install", "DEV=0")
    assert not (project.folder / ".venv/bin/ruff").exists()


def test_ci_files_run_what_a_person_types(render: Render) -> None:
    project = render(ci=["github", "gitlab"])
    steps = yaml.safe_load(project.read(".github/workflows/ci.yml"))["jobs"]["check"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make start check build"]
    assert yaml.safe_load(project.read(".gitlab-ci.yml"))["check"]["script"] == [
        "make start check build"
    ]


def test_hooks_fetch_nothing_from_elsewhere(render: Render) -> None:
    hooks = yaml.safe_load(render(dev_tools=["hooks"]).read(".pre-commit-config.yaml"))
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    assert all(hook["entry"].startswith("make ") for hook in hooks["repos"][0]["hooks"])


@pytest.mark.parametrize("kind", ["cli", "service"])
def test_the_example_env_names_each_setting(render: Render, kind: str) -> None:
    project = render(kind=kind)
    fields = re.findall(r"^    (\w+): ", project.read("src/my_app/settings.py"), re.MULTILINE)
    named = re.findall(r"^(\w+)=", project.read(".env.example"), re.MULTILINE)
    assert named == [field.upper() for field in fields]
    assert "GREETING" in named


@pytest.mark.parametrize(
    "feature",
    [
        r"\.ONESHELL",
        r"::=",
        r"!=\s*\S.*$(?<!\])",
        r"\$\(file ",
        r"\.RECIPEPREFIX",
        r"&:",
        r"^undefine",
    ],
)
def test_the_makefile_holds_nothing_that_make_3_81_lacks(rendered: Project, feature: str) -> None:
    assignments = "\n".join(
        line for line in rendered.read("Makefile").splitlines() if not line.startswith("\t")
    )
    assert not re.search(feature, assignments, re.MULTILINE)
