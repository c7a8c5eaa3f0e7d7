"""What `make check` tests is what a fresh clone installs from this folder."""

import re
import shutil
from pathlib import Path

import pytest

from tests.support.project import Project, Render, doctor, refused


@pytest.fixture(scope="module")
def started(render: Render, native_python: str) -> Project:
    """A project that is ready to work in."""
    project = render(python_version=native_python)
    project.make("start")
    return project


@pytest.fixture
def project(started: Project, tmp_path: Path) -> Project:
    """A copy of it, with its environment."""
    folder = shutil.copytree(started.folder, tmp_path / "copy", symlinks=True)
    return Project(folder, started.env)


@pytest.mark.sample
@pytest.mark.parametrize(
    ("package", "goal", "missing"),
    [
        ("pydantic-settings", "check", "pydantic_settings|BaseSettings"),
        ("pydantic-settings", "test", "pydantic_settings"),
        ("ruff", "lint", "Failed to spawn: .?ruff"),
        ("mypy", "types", "Failed to spawn: .?mypy"),
        ("pytest-cov", "test", "unrecognized arguments: --cov"),
    ],
)
def test_a_dependency_that_was_taken_out_is_missing(
    started: Project, package: str, goal: str, missing: str
) -> None:
    """As in a fresh clone: what is left in the environment proves nothing."""
    texts = {path: started.read(path) for path in ("pyproject.toml", "uv.lock")}
    started.replace("pyproject.toml", f'    "{package}",\n', "")
    said = started.make("lock", goal, check=False)
    for path, text in texts.items():
        started.write(path, text)
    started.make("install")
    assert said.code
    assert re.search(missing, said.output)


@pytest.mark.parametrize("file", ["README.md", "LICENSE"])
def test_a_file_that_the_build_backend_needs_is_missing(project: Project, file: str) -> None:
    """As in a fresh clone: an installed project is not built again."""
    (project.folder / file).unlink()
    assert refused(project, "check") == (
        f"pyproject.toml names {file}, which is gone: restore it, or take its name out"
    )
    project.write(
        "pyproject.toml",
        re.sub(r"^(readme|license-f).*", "", project.read("pyproject.toml"), flags=re.MULTILINE),
    )
    project.make("needs-merged")


@pytest.mark.parametrize("file", [".python-version", ".env.example"])
def test_a_file_that_only_a_fresh_clone_needs_is_missing(started: Project, file: str) -> None:
    text = started.read(file)
    (started.folder / file).unlink()
    assert refused(started, "check") == f"{file} is gone, and a fresh clone needs it: restore it"
    started.write(file, text)


def test_a_copy_tests_its_own_source(project: Project, started: Project) -> None:
    """The scripts of its environment are the original's."""
    original = f"#!{started.folder}/.venv/bin/python"
    assert project.read(".venv/bin/pytest").startswith(original)
    project.replace("src/my_app/cli.py", "{name}!", "{name}?")
    said = project.make("test", check=False)
    assert "2 failed" in said.output
    assert f".venv was made in {started.folder}, so it is made again" in said.output
    assert not project.read(".venv/bin/pytest").startswith(original)
    assert "made again" not in project.make("lint").output
    assert "passed" in started.make("test").output


def test_an_environment_that_uv_would_not_know_is_made_again(project: Project) -> None:
    """It would install the packages into the Python behind it, so nothing is installed here."""
    project.make("install")
    (project.folder / ".venv/pyvenv.cfg").unlink()
    assert ".venv lacks pyvenv.cfg, so it is made again" in project.make("needs-python").output
    assert not (project.folder / ".venv").exists()


def test_a_project_that_was_moved_goes_on(project: Project) -> None:
    """And `make doctor` says so before, and changes nothing."""
    project.make("lint")
    project.folder = project.folder.rename(project.folder.with_name("it's moved"))
    project.make("install")
    assert "made again" not in project.make("install").output
    project.folder = project.folder.rename(project.folder.with_name("moved again"))
    assert doctor(project)["python"][0] == "ok"
    assert (project.folder / ".venv").exists()
    assert project.make("check", "run").last_line == "Hello, World!"


def test_a_clone_has_the_same_bytes_where_git_writes_the_line_ends_of_windows(
    render: Render, tmp_path: Path
) -> None:
    project = render(kind="service", ci=["github"], dev_tools=["agents"])
    project.commit()
    clone = tmp_path / "clone"
    project.git("clone", "--quiet", "--config=core.autocrlf=true", str(project.folder), str(clone))
    for path in project.git("ls-files").output.splitlines():
        assert (clone / path).read_bytes() == (project.folder / path).read_bytes(), path


def test_a_path_that_leads_here_is_no_other_folder(project: Project, tmp_path: Path) -> None:
    project.make("lint")
    (tmp_path / "link").symlink_to(project.folder)
    assert "made again" not in Project(tmp_path / "link", project.env).make("lint").output


# --- ARGS is for what stands beside `check` ---


@pytest.mark.sample
@pytest.mark.parametrize("goals", [["check"], ["check", "run"], ["test", "check"]])
def test_check_runs_every_test_whatever_args_are(started: Project, goals: list[str]) -> None:
    said = started.make(*goals, "ARGS=--help").output
    assert "7 passed" in said
    assert "passed: lint types test" in said
    assert ("Whom to greet" in said) == ("run" in goals)


@pytest.mark.sample
@pytest.mark.parametrize(
    ("args", "passed"),
    [
        ("tests/test_settings.py", "3 passed"),
        ("-k settings", "3 passed"),
        ("--last-failed", "7 passed"),
        ("--last-failed --no-cov", "7 passed"),
        ("--cov-report=xml", "7 passed"),
    ],
)
def test_some_of_the_tests_pass_alone(started: Project, args: str, passed: str) -> None:
    """A part of them covers a part of the code, which is no failure."""
    assert passed in started.make("test", f"ARGS={args}").output
