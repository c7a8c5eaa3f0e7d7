"""The template repository keeps the rules that it teaches."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import (
    DEFAULT_PYTHON,
    PYTHONS,
    TEMPLATE,
    UV_VERSION,
    Containerised,
    Machine,
    Project,
    only,
)

README = (TEMPLATE / "README.md").read_text()
CHANGELOG = (TEMPLATE / "CHANGELOG.md").read_text()
WORKFLOWS = {
    path.name: path.read_text() for path in sorted(TEMPLATE.glob(".github/workflows/*.yml"))
}


def test_make_lists_the_commands() -> None:
    shown = subprocess.check_output(["make"], cwd=TEMPLATE, text=True)
    declared = re.findall(r"^([a-z]+):.* ##", (TEMPLATE / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^  ([a-z]+) ", shown, re.MULTILINE) == declared
    assert declared[:2] == ["demo", "check"]


def test_the_readme_begins_with_the_two_commands() -> None:
    commands = re.findall(r"^    (make .*)$", README, re.MULTILINE)
    assert commands[:2] == ["make demo", "make check"]


def test_ci_runs_the_commands_of_the_readme() -> None:
    workflow = yaml.safe_load((TEMPLATE / ".github/workflows/ci.yml").read_text())
    steps = workflow["jobs"]["check"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make demo", "make check"]
    assert (TEMPLATE / ".ci/run").read_text().splitlines()[-1] == "make check"


def test_actions_are_the_same_here_and_in_a_render() -> None:
    questions = yaml.safe_load((TEMPLATE / "copier.yml").read_text())
    pinned = [questions[name]["default"] for name in ("checkout_action", "setup_uv_action")]
    for name, workflow in WORKFLOWS.items():
        assert set(re.findall(r"uses: (.*)", workflow)) == set(pinned), name


def test_the_version_of_uv_stands_in_the_lock_alone() -> None:
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=TEMPLATE, text=True).split("\0")
    literal = re.compile(r"\buv([-_]build)?([=:@/ ]|==|version[=:]) ?\"?v?\d+\.\d+\.\d")
    for name in listed[:-1]:
        if not name.endswith("uv.lock") and (TEMPLATE / name).exists():
            assert not literal.search((TEMPLATE / name).read_text()), name


def steps(workflow: str) -> list[dict[str, Any]]:
    """All steps of a workflow."""
    jobs = yaml.safe_load(WORKFLOWS[workflow])["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflows_get_uv_from_the_lock(workflow: str) -> None:
    [uv] = [step for step in steps(workflow) if "setup-uv" in step.get("uses", "")]
    assert uv["with"]["version-file"] == "uv.lock"


def test_ci_runs_on_several_systems_pythons_and_engines() -> None:
    matrix = yaml.safe_load(WORKFLOWS["ci.yml"])["jobs"]["check"]["strategy"]["matrix"]["include"]
    assert {row["engine"] for row in matrix} == {"docker", "podman", "none"}
    assert {row["os"].split("-")[0] for row in matrix} == {"ubuntu", "macos"}
    assert all((row["engine"] == "none") == row["os"].startswith("macos") for row in matrix)
    assert len({row["python"] for row in matrix}) >= 4
    assert {row["python"] for row in matrix} <= set(PYTHONS)


def test_a_scheduled_workflow_upgrades_and_asks_for_a_merge() -> None:
    workflow = yaml.safe_load(WORKFLOWS["upgrade.yml"])
    assert workflow[True]["schedule"]  # YAML reads `on` so
    assert not workflow["permissions"]
    job = workflow["jobs"]["upgrade"]
    assert job["permissions"] == {"contents": "write", "pull-requests": "write"}
    *targets, propose = [step["run"] for step in job["steps"] if "run" in step]
    assert targets == ["make upgrade", "make pin", "make check"]
    assert "gh pr create" in propose


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_checks_out_the_history_that_the_update_tests_start_from(name: str) -> None:
    for job in yaml.safe_load(WORKFLOWS[name])["jobs"].values():
        if "make check" in [step.get("run") for step in job["steps"]]:
            assert job["steps"][0]["with"]["fetch-depth"] == 0


def test_a_release_is_tagged_when_everything_else_has_passed() -> None:
    jobs = yaml.safe_load(WORKFLOWS["release.yml"])["jobs"]
    assert jobs["check"]["steps"][-1] == {"run": "make check"}
    assert jobs["release"]["needs"] == "check"
    assert [name for name, job in jobs.items() if "git tag" in str(job)] == ["release"]


@pytest.fixture
def origin(template: Path, machine: dict[str, str], tmp_path: Path) -> Project:
    """This repository as its forge holds it, before its first release."""
    subprocess.run(["git", "clone", "-q", "--bare", template, tmp_path / "origin.git"], check=True)
    origin = Project(tmp_path / "origin.git", machine)
    origin.git("tag", "--delete", "v999.0.0")
    return origin


def test_the_release_workflow_tags_and_publishes_the_newest_changes(
    origin: Project, tmp_path: Path
) -> None:
    """Its own steps; GitHub's part, which is not here, is written down instead of done."""
    newest = re.findall(r"^## \[(\d.*?)\]", CHANGELOG, re.MULTILINE)[0]
    origin.git("clone", "-q", str(origin.folder), str(tmp_path / "clone"))
    (tmp_path / "bin").mkdir()
    gh = tmp_path / "bin/gh"
    gh.write_text(f'#!/bin/sh\necho "gh $*" >>{tmp_path}/published\n')
    gh.chmod(0o755)
    env = {"PATH": f"{gh.parent}:{origin.env['PATH']}", "RUNNER_TEMP": str(tmp_path)}
    clone = Project(tmp_path / "clone", origin.env | env)
    jobs = yaml.safe_load(WORKFLOWS["release.yml"])["jobs"]
    [is_newer] = [step["run"] for step in jobs["check"]["steps"] if "rev-parse" in str(step)]
    release = [step["run"] for step in jobs["release"]["steps"] if "run" in step]

    clone.run("bash", "-ec", is_newer)
    for step in release:
        clone.run("bash", "-ec", step)
    assert origin.git("tag").output.split() == [f"v{newest}"]
    assert f"gh release create v{newest} --verify-tag" in (tmp_path / "published").read_text()
    notes = (tmp_path / "notes").read_text()
    assert "### What `copier update` will change" in notes
    assert "## [" not in notes

    # Once more, and it says so before anything else.
    clone.git("fetch", "--quiet", "--tags")
    again = clone.run("bash", "-ec", is_newer, check=False)
    assert again.code == 1
    assert again.last_line == "CHANGELOG.md has no newer version than the last release"


def test_the_changelog_says_of_each_version_what_an_update_will_change() -> None:
    _, *sections = re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)
    headings = [section.splitlines()[0] for section in sections]
    assert headings[0] == "[Unreleased]"
    released = [
        re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d", each) for each in headings[1:]
    ]
    versions = [tuple(map(int, each.groups())) if each else () for each in released]
    assert all(versions)
    assert versions == sorted(versions, reverse=True)
    for section in sections[1:]:
        assert "\n### What `copier update` will change\n\n" in section


def test_the_floor_is_the_oldest_python() -> None:
    oldest = yaml.safe_load((TEMPLATE / "copier.yml").read_text())["python_version"]["choices"][0]
    assert (TEMPLATE / ".python-version").read_text() == f"{oldest}\n"
    assert f'requires-python = ">={oldest}"' in (TEMPLATE / "pyproject.toml").read_text()


def test_the_address_of_the_template_stands_in_one_place() -> None:
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=TEMPLATE, text=True).split(
        "\0"
    )[:-1]
    # In both forms, one line after the other.
    both = r"\bgh:(\S+/run-anywhere)\b.*\n.* https://github\.com/(\S+) "
    [(address, in_full)] = re.findall(both, README)
    assert in_full == address
    found = [name for name in listed if address.encode() in (TEMPLATE / name).read_bytes()]
    assert found == ["README.md"]
    assert README.count(address) == 2


def test_nothing_needs_trust() -> None:
    settings = yaml.safe_load((TEMPLATE / "copier.yml").read_text())
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & set(settings)


def pytest_run(*arguments: str, **env: str) -> str:
    """What a test run of its own prints."""
    command = [str(TEMPLATE / ".venv/bin/python"), "-m", "pytest", "-q", "--numprocesses=1"]
    return subprocess.run(
        [*command, "tests/containers", *arguments],
        cwd=TEMPLATE,
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout


def test_without_an_engine_the_container_tests_are_left_out_and_counted() -> None:
    said = pytest_run("--engine=none")
    assert re.search(r"^[1-9]\d+ container tests left out \(ENGINE=none\)$", said, re.MULTILINE)
    assert re.search(r"^ran in 0 of [1-9]\d places that the README names$", said, re.MULTILINE)


def test_where_no_engine_answers_the_container_tests_are_left_out_and_why_is_said(
    tmp_path: Path,
) -> None:
    path = only(tmp_path / "bin", "git")
    said = pytest_run(PATH=path)
    why = "no container engine answers: install Docker or Podman"
    assert re.search(rf"^[1-9]\d+ container tests left out \({why}\)$", said, re.MULTILINE)
    named = pytest_run("--engine=podman", PATH=path).strip()
    assert named == "Exit: no podman answers: install Docker or Podman"


def test_the_demo_on_a_fresh_machine(
    template: Path, fresh_machine: Callable[[str], Machine]
) -> None:
    """It has make, git and Python, neither uv nor an engine, and a space in the folder's path."""
    machine = fresh_machine(f"python:{DEFAULT_PYTHON}-slim-trixie")
    result = machine.run(template, "make", "demo", "DEMO=/tmp/demo app")
    assert f"Fetching uv {UV_VERSION}" in result.output
    assert "Rendered into /tmp/demo app" in result.output
    assert "Hello, World!" in result.output
    assert result.last_line == "The demo is in /tmp/demo app"


def test_the_demo_where_an_engine_answers(
    template: Path, containerised: Containerised, has_python: Callable[[str], bool], tmp_path: Path
) -> None:
    newest = next(python for python in reversed(PYTHONS) if has_python(python))
    machine = containerised(app_name="my-app", python_version=newest)
    clone = shutil.copytree(template, tmp_path / "clone", symlinks=True)
    result = Project(clone, machine.env).make("demo", f"DEMO={tmp_path}/demo")
    assert ("it is the newest on this machine" in result.output) == (newest != DEFAULT_PYTHON)
    assert f"Python {newest} instead of the default" in result.output or newest == DEFAULT_PYTHON
    assert "so: make build up down" in result.output
    assert result.output.count("Hello, World!") == 2
    assert result.last_line == f"The demo is in {tmp_path}/demo"
    # It can be updated, as it could not from a template that it knows as ".".
    demo = Project(tmp_path / "demo", machine.env)
    demo.commit()
    assert "up-to-date" in demo.make("outdated").output
