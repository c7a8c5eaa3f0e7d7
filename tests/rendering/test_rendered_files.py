"""The rendered files: complete, well-formed, and in agreement with one another."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml
from pytest_copie.plugin import Copie

from tests.support.answers import ANSWERS, EVERYTHING, HOSTILE, ODD, PYTHONS, TEMPLATE, UV_VERSION
from tests.support.project import Project, Render, texts
from tests.support.reading.tidy import assert_tidy


def toml(project: Project, path: str) -> dict[str, Any]:
    return tomllib.loads(project.read(path))


def test_pytest_copie_renders_the_project(copie: Copie) -> None:
    result = copie.copy(extra_answers={"kind": "service"})
    assert result.exception is None
    assert result.exit_code == 0
    assert result.project_dir
    assert (result.project_dir / "src/my_app/main.py").exists()


def test_every_file_is_tidy_and_well_formed(rendered: Project) -> None:
    for name, text in texts(rendered).items():
        assert_tidy(name, text)
        # No other file holds what was typed, and that may be of this form.
        assert "{%" not in text or name == "README.md", f"{name} holds a tag of the template"


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
        ({"ci": ["azure"]}, {"azure-pipelines.yml", ".ci/uv-requirements.txt"}),
        ({"ci": ["bitbucket"]}, {"bitbucket-pipelines.yml"}),
        ({"ci": ["circleci"]}, {".circleci/config.yml"}),
        ({"ci": ["forgejo"]}, {".gitea/workflows/ci.yml"}),
        ({"ci": ["jenkins"]}, {"Jenkinsfile", ".ci/uv-requirements.txt"}),
        ({"ci": [], "bot": "renovate"}, {"renovate.json"}),
        ({"bot": "dependabot"}, {".github/workflows/ci.yml", ".github/dependabot.yml"}),
        ({"ci": [], "dev_tools": ["coverage", "agents"]}, {"AGENTS.md"}),
        ({"ci": [], "dev_tools": ["hooks"]}, {".pre-commit-config.yaml"}),
        ({"ci": [], "dev_tools": ["devcontainer"]}, {".devcontainer/devcontainer.json"}),
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
        ".editorconfig",
        ".env.example",
        ".gitattributes",
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
        *(f"make/{path.name}" for path in TEMPLATE.glob("template/make/*")),
    }
    project = render(**{"dev_tools": []} | answers)
    assert texts(project).keys() == always | files


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_equal_answers_give_equal_files(
    render: Render, template: Path, tmp_path: Path, answers: dict[str, object]
) -> None:
    copier.run_copy(str(template), tmp_path, data=answers, defaults=True, quiet=True)
    assert texts(Project(tmp_path)) == texts(render(**answers))


IN_THE_BUILDER_IMAGE = {
    ".circleci/config.yml",
    ".devcontainer/devcontainer.json",
    ".gitlab-ci.yml",
    "bitbucket-pipelines.yml",
}


def versions(project: Project, pattern: str) -> dict[str, set[str]]:
    """Return what a pattern finds, file by file; the lock aside."""
    found = {name: set(re.findall(pattern, text)) for name, text in texts(project).items()}
    return {name: found[name] for name in found if found[name] and name != "uv.lock"}


@pytest.mark.parametrize("python", PYTHONS)
def test_the_python_version_is_the_same_everywhere(render: Render, python: str) -> None:
    project = render(**EVERYTHING, python_version=python)
    assert project.read(".python-version") == f"{python}\n"
    assert toml(project, "pyproject.toml")["project"]["requires-python"] == f"=={python}.*"
    assert toml(project, "uv.lock")["requires-python"] == f"=={python}.*"
    found = versions(project, r"\bpython:?(3\.\d+)-")
    assert set.union(*found.values()) == {python}
    assert set(found) >= {*IN_THE_BUILDER_IMAGE, "Dockerfile"}


@pytest.mark.parametrize("kind", ["cli", "service"])
@pytest.mark.parametrize("adopt", [False, True])
def test_the_dockerfile_is_read_in_a_minute(render: Render, kind: str, adopt: bool) -> None:
    dockerfile = render(kind=kind, adopt=adopt).read("Dockerfile")
    assert len(dockerfile.splitlines()) <= 50
    assert dockerfile.count(" uv sync ") == 2, "the dependencies, and the project"


def test_uv_and_its_build_backend_have_one_version() -> None:
    assert version("uv-build") == UV_VERSION


def test_the_uv_version_is_the_same_everywhere(render: Render) -> None:
    project = render(**EVERYTHING)
    found = versions(project, r"(?:uv(?:_build==|==|:)| version: )(\d+\.\d+\.\d+)\b")
    assert set.union(*found.values()) == {UV_VERSION}
    assert set(found) >= {
        *IN_THE_BUILDER_IMAGE,
        ".ci/uv-requirements.txt",
        ".gitea/workflows/ci.yml",
        ".github/workflows/ci.yml",
        "Dockerfile",
        "pyproject.toml",
    }


def test_the_oldest_uv_that_is_allowed_will_do(project: Project, tmp_path: Path) -> None:
    """pyproject.toml has a lower bound and nothing else, so that it stops no newer uv."""
    required = toml(project, "pyproject.toml")["tool"]["uv"]["required-version"]
    [oldest] = re.findall(r"^>=([\d.]+)$", required)
    python = f"--python={project.read('.python-version').strip()}"
    install = ["uv", "pip", "install", "--quiet", "--no-deps", python, f"--target={tmp_path}"]
    project.run(*install, f"uv=={oldest}")
    project.env = project.env | {"PATH": f"{tmp_path}/bin:{project.env['PATH']}"}
    assert project.run("uv", "--version").output.split()[1] == oldest
    born = project.read("uv.lock")
    project.make("start", "check", "lock")
    assert project.read("uv.lock") == born
    project.make("install", "DEV=0")
    assert not (project.folder / ".venv/bin/ruff").exists()

    # What pyproject.toml says of a security fix is read by it, too.
    waits = 'exclude-newer = "7 days"\n'
    [lets_through] = re.findall("exclude-newer-package = .*", project.read("pyproject.toml"))
    project.replace("pyproject.toml", waits, waits + lets_through.replace("NAME", "typer"))
    asked = project.run("uv", "lock", "--check", "--offline", check=False)
    assert "warning" not in asked.output


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


def test_coding_agents_are_told_commands_and_files_that_are_there(render: Render) -> None:
    project = render()
    page = project.read("AGENTS.md")
    assert len(page.splitlines()) <= 12
    targets = set(re.findall(r"(?m)^([a-z]+):", project.read("Makefile")))
    typed = {word for words in re.findall(r"`make ([a-z ]+)", page) for word in words.split()}
    assert len(typed) > 5
    assert typed <= targets
    named = set(re.findall(r"`([\w./-]+\.\w+|[\w./]+/|Makefile)`", page))
    assert len(named) > 5
    assert {name for name in named if not (project.folder / name).exists()} == set()
