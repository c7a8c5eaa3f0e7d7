"""Every lock that a project is born with: complete, and byte for byte what uv would write."""

import itertools
import os
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import copier
import pytest

from tests.conftest import PYTHONS, TEMPLATE, UV_VERSION, Containerised, Project

# A name that sorts first, one in the middle and one last among the packages.
NAMES = itertools.cycle(["a-first", "my-app", "zz-last"])
COMBINATIONS = [
    {"app_name": next(NAMES), "kind": kind, "type_checker": checker, "dev_tools": tools}
    for kind, checker, tools in itertools.product(
        ["cli", "service"],
        ["mypy", "basedpyright", "ty", "pyrefly", "none"],
        [[], ["coverage"], ["hooks"], ["coverage", "hooks"]],
    )
]
# In each project: the lock is in step, and locking again from the master lock gives the same bytes.
CHECK = """
for project in [0-9]*; do (
    cd $project
    uv lock --check --offline --quiet || echo "$project: not locked"
    mv uv.lock born.lock
    cp ../master.lock uv.lock
    uv lock --quiet || echo "$project: can't be locked"
    cmp uv.lock born.lock
); done
"""


@pytest.mark.parametrize("python", PYTHONS)
def test_every_lock_is_what_uv_writes(
    python: str,
    template: Path,
    machine: dict[str, str],
    has_python: Callable[[str], bool],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    # Without its history the template is not cloned for each of so many renders.
    files = shutil.copytree(template, tmp_path / "template", ignore=lambda *_: [".git"])
    projects = tmp_path / "projects"
    for number, answers in enumerate(COMBINATIONS):
        data = answers | {"python_version": python}
        copier.run_copy(str(files), projects / str(number), data=data, defaults=True, quiet=True)
    shutil.copy2(TEMPLATE / f"lock/{python}/uv.lock", projects / "master.lock")

    command = ["sh", "-c", CHECK]
    if has_python(python):
        checker = Project(projects, machine)
    elif request.config.option.engine == "none":
        pytest.skip(f"Python {python} is not on this machine, and ENGINE=none")
    else:
        containerised: Containerised = request.getfixturevalue("containerised")
        checker = containerised(app_name="locks", python_version=python)
        image = f"ghcr.io/astral-sh/uv:{UV_VERSION}-python{python}-trixie-slim"
        user = f"--user={os.getuid()}:{os.getgid()}"
        run = ["run", "--rm", user, "--env=HOME=/tmp", f"--volume={projects}:/projects"]
        command = [checker.env["ENGINE"], *run, "--workdir=/projects", image, *command]
    assert checker.run(*command).output == ""


def test_all_locks_hold_the_same_packages() -> None:
    listed = [
        [tomllib.loads(path.read_text())[table] for table in ("project", "dependency-groups")]
        for path in TEMPLATE.glob("lock/3.*/pyproject.toml")
    ]
    for project, _ in listed:
        del project["requires-python"]
    assert len(listed) == len(PYTHONS)
    assert all(project == listed[0] for project in listed)
