"""The template repository keeps the rules that it teaches."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import DEFAULT_PYTHON, TEMPLATE, UV_VERSION, Containerised, Project

README = (TEMPLATE / "README.md").read_text()


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
    used = re.findall(r"uses: (.*)", (TEMPLATE / ".github/workflows/ci.yml").read_text())
    questions = yaml.safe_load((TEMPLATE / "copier.yml").read_text())
    assert used == [questions[name]["default"] for name in ("checkout_action", "setup_uv_action")]


def test_the_floor_is_the_oldest_python() -> None:
    oldest = yaml.safe_load((TEMPLATE / "copier.yml").read_text())["python_version"]["choices"][0]
    assert (TEMPLATE / ".python-version").read_text() == f"{oldest}\n"
    assert f'requires-python = ">={oldest}"' in (TEMPLATE / "pyproject.toml").read_text()


def test_the_address_of_the_template_stands_in_one_place() -> None:
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=TEMPLATE, text=True).split(
        "\0"
    )[:-1]
    [address] = re.findall(r"\bgh:(\S+/run-anywhere)\b", README)
    found = [name for name in listed if address.encode() in (TEMPLATE / name).read_bytes()]
    assert found == ["README.md"]
    assert README.count(address) == 1


def test_nothing_needs_trust() -> None:
    settings = yaml.safe_load((TEMPLATE / "copier.yml").read_text())
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & set(settings)


def test_without_an_engine_the_container_tests_are_left_out_and_counted() -> None:
    command = ["-m", "pytest", "--engine=none", "--numprocesses=1", "-q", "tests/test_image.py"]
    done = subprocess.run(
        [str(TEMPLATE / ".venv/bin/python"), *command], cwd=TEMPLATE, capture_output=True, text=True
    )
    assert re.search(
        r"^[1-9]\d+ container tests left out \(ENGINE=none\)$", done.stdout, re.MULTILINE
    )


# A machine with make, git and Python, and with neither uv nor an engine.
FRESH = """\
FROM python:{python}-slim-trixie
RUN apt-get update -q && apt-get install -qy --no-install-recommends git make python3-venv
"""


@pytest.fixture(scope="session")
def fresh_machine(
    containerised: Containerised, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """The folder and the engine for an image of a machine that has only make, git and Python."""
    machine = containerised(app_name="fresh")
    folder = tmp_path_factory.mktemp("fresh")
    (folder / "Dockerfile").write_text(FRESH.format(python=DEFAULT_PYTHON))
    project = Project(folder, machine.env)
    project.run(machine.env["ENGINE"], "build", "--quiet", "--tag=fresh", ".")
    return project


def test_the_demo_on_a_fresh_machine(fresh_machine: Project, template: Path) -> None:
    clone = fresh_machine.folder / "clone"
    shutil.copytree(template, clone)
    result = fresh_machine.run(
        fresh_machine.env["ENGINE"], "run", "--rm", f"--volume={clone}:/clone", "--workdir=/clone",
        "fresh", "make", "demo", "DEMO=/tmp/demo app",
    )  # fmt: skip
    assert f"Fetching uv {UV_VERSION}" in result.output
    assert "Rendered into /tmp/demo app" in result.output
    assert "Hello, World!" in result.output
    assert result.last_line == "The demo stands in /tmp/demo app"
