"""`make demo`, as a newcomer types it first."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.answers import DEFAULT_PYTHON, PYTHONS, UV_VERSION
from tests.support.containers import Containerised, Machine
from tests.support.project import Project


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
