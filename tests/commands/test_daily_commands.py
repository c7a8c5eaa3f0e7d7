"""Layer 2: the commands of a rendered project, typed natively on this machine."""

import re
import shutil
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from tests.support.answers import PYTHONS
from tests.support.machines.here import busybox, with_little
from tests.support.project import Project, Render, doctor, get, serving
from tests.support.run.left_out import leave_out, no_python


def targets(project: Project) -> list[str]:
    """The targets that the help shows."""
    return re.findall(r"^  ([a-z]+) ", project.make().output, re.MULTILINE)


@pytest.mark.sample
@pytest.mark.parametrize(
    ("python", "kind"), [*zip(PYTHONS, cycle(["cli", "service"]), strict=False)]
)
def test_start_check_run_on_a_machine_with_little(
    python: str,
    kind: str,
    render: Render,
    has_python: Callable[[str], bool],
    port: int,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """A space in the path, no git repository, no command `python`; Alpine's shell and utilities, -j8."""
    if not has_python(python):
        leave_out(*no_python(python))
    rendered = render(python_version=python, kind=kind)
    folder = shutil.copytree(rendered.folder, tmp_path / "a folder")
    path = with_little(tmp_path / "bin", python)
    project = Project(folder, rendered.env | {"PATH": path})
    shell = f"SHELL={shutil.which('sh', path=path)}"
    assert not [name for name in ("python", "python3") if shutil.which(name, path=path)]
    assert "fatal: not a git repository" in project.run("git", "status", check=False).output
    if kind == "cli":
        said = project.make("start", "check", "run", shell, MAKEFLAGS="-j8")
        assert said.last_line == "Hello, World!"
        assert "\npassed: lint types test\nHello" in said.output
        assert "\x1b" not in said.output
    else:
        project.make("start", "check", shell)
        with serving(project, port, shell) as url:
            assert get(url) == {"message": "Hello, World!"}
            assert get(f"{url}/healthz") == {"status": "ok"}
    found = doctor(project, shell)
    assert {found[row][0] for row in ("make", "uv", "python", "lock", ".env")} == {"ok"}
    record_property("projects were used with the utilities of Alpine", bool(busybox()))


@pytest.mark.sample
@pytest.mark.parametrize("checker", ["mypy", "basedpyright", "ty", "pyrefly"])
@pytest.mark.parametrize("kind", ["cli", "service"])
def test_every_type_checker_passes(
    checker: str, kind: str, render: Render, native_python: str
) -> None:
    project = render(python_version=native_python, kind=kind, type_checker=checker)
    project.make("install", "types")
    assert "types" in targets(project)


def test_check_passes_without_a_type_checker(render: Render, native_python: str) -> None:
    project = render(python_version=native_python, type_checker="none")
    project.make("start", "check")
    assert "types" not in targets(project)


def test_run_passes_arguments_and_exit_codes(project: Project) -> None:
    assert project.make("start").last_line == "ready; next: make check run"
    assert project.make("run", "ARGS=Ada").last_line == "Hello, Ada!"
    refused = project.make("run", "ARGS=--unknown", check=False)
    assert refused.code
    assert "Error 2" in refused.output


def test_start_keeps_an_env_file_that_is_there(project: Project) -> None:
    project.write(".env", "GREETING=Ahoy\n")
    assert project.make("start", "run").last_line == "Ahoy, World!"
    assert project.read(".env") == "GREETING=Ahoy\n"


def test_the_env_file_moves_the_port(render: Render, native_python: str, port: int) -> None:
    project = render(python_version=native_python, kind="service")
    project.write(".env", f"GREETING=Ahoy\nPORT={port}\n")
    project.make("install")
    with serving(project, port) as url:
        assert get(url) == {"message": "Ahoy, World!"}


@pytest.mark.parametrize(
    ("target", "path", "old", "new", "shown"),
    [
        ("lint", "src/my_app/cli.py", "import logging", "import os", "Undefined name `logging`"),
        ("lint", "src/my_app/cli.py", "app = typer", "app  =  typer", "would be reformatted"),
        ("types", "src/my_app/cli.py", "-> None", "-> int", "Missing return"),
        ("test", "src/my_app/cli.py", "{name}!", "{name}?", "2 failed"),
        (
            "needs-merged",
            "README.md",
            "# my-app",
            "<<<<<<< before updating\n# my-app",
            "README.md:1:",
        ),
    ],
)
def test_check_and_its_parts_fail_where_they_should(
    project: Project, target: str, path: str, old: str, new: str, shown: str
) -> None:
    project.make("start", target)
    project.replace(path, old, new)
    for command in (target, "check"):
        result = project.make(command, check=False)
        assert result.code
        assert shown in result.output or command == "check"


def test_tests_that_cover_too_little_fail_the_check(project: Project) -> None:
    project.make("start")
    (project.folder / "tests/test_settings.py").unlink()
    (project.folder / "tests/test_cli.py").unlink()
    project.write("tests/test_nothing.py", "def test_nothing() -> None: ...\n")
    result = project.make("test", check=False)
    assert result.code
    assert "Coverage failure" in result.output


def test_format_fixes_what_lint_reports(project: Project) -> None:
    project.make("install")
    before = project.read("src/my_app/cli.py")
    project.replace("src/my_app/cli.py", "import logging\n", "import logging\nimport  os\n")
    assert project.make("lint", check=False).code
    project.make("format", "lint")
    assert project.read("src/my_app/cli.py") == before


def test_clean_removes_what_the_commands_made(project: Project) -> None:
    project.commit()
    project.make("start", "check", "sbom", "clean")
    left = project.run("git", "status", "--short", "--ignored").output.split()
    assert {name for name in left if "pycache" not in name} == {
        "!!",
        ".env",
        "src/",
        "tests/",
    } & set(left)
