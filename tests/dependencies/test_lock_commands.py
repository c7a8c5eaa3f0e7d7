"""The commands that read and move the lock: install, lock, upgrade, audit and sbom."""

import json
import re
from pathlib import Path

import pytest

from tests.support.network.database import database
from tests.support.project import Project, Render, doctor


def packages(project: Project) -> set[str]:
    listed = project.run("uv", "pip", "list", "--format=json", "--quiet").output
    return {package["name"] for package in json.loads(listed)}


def test_install_without_development_tools(project: Project) -> None:
    project.make("install")
    everything = packages(project)
    assert {"pytest", "ruff", "mypy", "typer", "my-app"} <= everything
    project.make("install", "DEV=0")
    production = packages(project)
    assert {"typer", "pydantic-settings", "my-app"} <= production
    assert not {"pytest", "ruff", "mypy", "coverage"} & production


def test_production_has_no_group_that_is_made_a_default(project: Project) -> None:
    """Neither with DEV=0, nor where the Dockerfile's variables are set."""
    groups = '[dependency-groups]\nmore = ["iniconfig"]\n'
    project.replace("pyproject.toml", "[dependency-groups]\n", groups)
    project.replace("pyproject.toml", "[tool.uv]\n", '[tool.uv]\ndefault-groups = "all"\n')
    project.make("lock", "install")
    assert "iniconfig" in packages(project)
    project.make("install", "DEV=0")
    assert "iniconfig" not in packages(project)
    image = dict(re.findall(r"(UV_NO_(?:DEV|DEFAULT_GROUPS))=(\w+)", project.read("Dockerfile")))
    assert "iniconfig" not in project.run("uv", "sync", "--locked", "--dry-run", **image).output


def test_lock_follows_pyproject(project: Project) -> None:
    project.replace("pyproject.toml", '"pydantic-settings",', '"httpx",\n    "pydantic-settings",')
    project.make("lock", "install")
    assert "httpx" in packages(project)


def test_upgrade_moves_the_versions_and_keeps_the_lock_up_to_date(project: Project) -> None:
    born = project.read("uv.lock")
    project.run("uv", "lock", "--upgrade-package=typer==0.20.0")
    assert project.read("uv.lock") != born
    project.make("upgrade", "install")
    assert 'name = "typer"\nversion = "0.20.0"' not in project.read("uv.lock")


def test_audit_says_what_it_found(project: Project) -> None:
    with database() as address:
        asked = f"ARGS=--service-url={address}"
        found = project.make("audit", asked, check=False)
        ignored = project.make("audit", f"{asked} --ignore=GHSA-0000-0000-0000")
    assert found.code
    assert "GHSA-0000-0000-0000" in found.output
    assert "no known vulnerabilities" in ignored.output


def test_audit_without_a_network_does_not_pretend(project: Project) -> None:
    offline = project.make("audit", check=False, UV_OFFLINE="1")
    unreachable = project.make(
        "audit", "ARGS=--service-url=http://127.0.0.1:9/", check=False, UV_HTTP_RETRIES="0"
    )
    for result in (offline, unreachable):
        assert result.code
        assert result.last_line.startswith("no package was looked up")
        assert result.last_line.endswith("then again: make audit")


def test_sbom_lists_what_production_installs(project: Project) -> None:
    project.make("sbom")
    bom = json.loads(project.read("my-app.cdx.json"))
    names = {component["name"] for component in bom["components"]}
    assert bom["bomFormat"] == "CycloneDX"
    assert "typer" in names
    assert not {"pytest", "ruff", "mypy"} & names


@pytest.mark.sample
@pytest.mark.parametrize("goal", ["lock", "check", "build"])
def test_a_member_of_a_workspace_is_told_to_have_a_lock_of_its_own(
    render: Render, native_python: str, goal: str, tmp_path: Path
) -> None:
    """Its lock would be the root's, which no image reads; what is said is all there is to do."""
    project = render(python_version=native_python)
    project.folder = project.folder.rename(tmp_path / "app")
    root = Project(tmp_path, project.env)
    table = f'[project]\nname = "root"\nversion = "0"\nrequires-python = "=={native_python}.*"\n'
    root.write("pyproject.toml", f'{table}[tool.uv.workspace]\nmembers = ["*"]\n')
    said = project.make(goal, check=False)
    assert said.code
    assert f"this is a member of the uv workspace {tmp_path}, " in said.last_line
    assert doctor(project)["lock"] == ("NO", said.last_line)
    [exclude] = re.findall(r"exclude = .*?\]", said.last_line)
    root.write("pyproject.toml", f"{root.read('pyproject.toml')}{exclude}\n")
    project.replace("pyproject.toml", '    "typer",', '    "iniconfig",\n    "typer",')
    project.make("lock", "start", "check")
    assert 'name = "iniconfig"' in project.read("uv.lock")
