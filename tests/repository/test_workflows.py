"""The workflows of this repository: what they run, on what, and what a release tags and publishes."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lock import actions
from tests.repository.test_own_rules import CHANGELOG
from tests.support.answers import PYTHONS, TEMPLATE
from tests.support.machines.here import write_script
from tests.support.project import Project

WORKFLOWS = {
    path.name: path.read_text() for path in sorted(TEMPLATE.glob(".github/workflows/*.yml"))
}


def test_ci_runs_the_commands_of_the_readme() -> None:
    workflow = yaml.safe_load((TEMPLATE / ".github/workflows/ci.yml").read_text())
    assert workflow[True]["schedule"]  # YAML reads `on` so
    steps = workflow["jobs"]["check"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make demo", "make check"]
    assert (TEMPLATE / ".ci/run").read_text().splitlines()[-1] == "make check"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_their_commit_and_moved_by_dependabot(name: str) -> None:
    for action in re.findall(r"uses: (.*)", WORKFLOWS[name]):
        assert re.search(r"^\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", action)
    [moved] = yaml.safe_load((TEMPLATE / ".github/dependabot.yml").read_text())["updates"]
    assert moved["package-ecosystem"] == "github-actions"


def test_an_upgrade_moves_the_actions_of_a_render_to_their_newest_release(
    machine: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the commit, also where the tag is an object of its own; by version; and a week old."""
    dates = {f"GIT_{who}_DATE": "2026-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")}
    action = Project(tmp_path / "actions/checkout", machine | dates)
    action.folder.mkdir(parents=True)
    action.write("action.yml", "")
    action.commit()
    for tag in ("v9.0.0", "v9.9.9-beta", "v10", "nothing"):
        action.git("tag", tag)
    action.write("action.yml", "name: newer")
    action.git("commit", "--quiet", "--all", "--message=newer")
    action.git("tag", "--annotate", "--message=newest", "v10.0.2")
    commit = action.git("rev-parse", "HEAD").output.strip()
    Project(action.folder, machine).git("commit", "--quiet", "--allow-empty", "--message=today")
    action.git("tag", "v10.0.3")
    config = tmp_path / "gitconfig"
    config.write_text(f'[url "file://{tmp_path}/"]\n\tinsteadOf = https://github.com/\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    pinned = f"actions/checkout@{commit} # v10.0.2"
    assert actions.newest("actions/checkout") == pinned
    older = f'default: "actions/checkout@{"0" * 40} # v9.0.0"\n'
    (tmp_path / "copier.yml").write_text(older)
    monkeypatch.setattr(actions, "ROOT", tmp_path)
    actions.main()
    assert (tmp_path / "copier.yml").read_text() == f'default: "{pinned}"\n'


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
    # One of them runs what make check leaves out on a laptop, too.
    assert [row["engine"] for row in matrix if row.get("all")] == ["docker"]


def test_a_scheduled_workflow_upgrades_and_asks_for_a_merge() -> None:
    workflow = yaml.safe_load(WORKFLOWS["upgrade.yml"])
    assert workflow[True]["schedule"]  # YAML reads `on` so
    assert not workflow["permissions"]
    job = workflow["jobs"]["upgrade"]
    assert job["permissions"] == {"contents": "write", "pull-requests": "write"}
    *targets, propose = [step["run"] for step in job["steps"] if "run" in step]
    assert targets == ["make upgrade", "make pin", "make check"]
    assert "gh pr create" in propose
    # What is too slow for each push.
    [check] = [step for step in job["steps"] if step.get("run") == "make check"]
    assert check["env"] == {"ALL": "1", "RENOVATE": "1", "RUNNERS": "1"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_checks_out_the_history_that_the_update_tests_start_from(name: str) -> None:
    for job in yaml.safe_load(WORKFLOWS[name])["jobs"].values():
        if any("make check" in step.get("run", "") for step in job["steps"]):
            assert job["steps"][0]["with"]["fetch-depth"] == 0


def test_a_release_is_tagged_when_everything_else_has_passed() -> None:
    jobs = yaml.safe_load(WORKFLOWS["release.yml"])["jobs"]
    assert jobs["check"]["steps"][-1] == {"run": "make check ALL=1"}
    assert jobs["release"]["needs"] == "check"
    assert [name for name, job in jobs.items() if "git tag" in str(job)] == ["release"]
    # And what it publishes is what it attests, before it does.
    names = [step.get("uses", step.get("run", "")) for step in jobs["release"]["steps"]]
    [attests] = [number for number, name in enumerate(names) if "actions/attest@" in name]
    attested = jobs["release"]["steps"][attests]["with"]["subject-path"]
    assert attested == "${{ runner.temp }}/template.tar.gz"
    assert '"$RUNNER_TEMP/template.tar.gz"' in names[-1]
    assert "gh release create" in names[-1]


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
    write_script(tmp_path / "bin/gh", f'#!/bin/sh\necho "gh $*" >>{tmp_path}/published\n')
    env = {"PATH": f"{tmp_path}/bin:{origin.env['PATH']}", "RUNNER_TEMP": str(tmp_path)}
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
