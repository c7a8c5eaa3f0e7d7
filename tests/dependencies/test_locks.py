"""Every lock that a project is born with: complete, and byte for byte what uv would write."""

import itertools
import os
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from packaging import tags
from packaging.utils import parse_wheel_filename

from tests.support.answers import PYTHONS, QUESTIONS, TEMPLATE, UV_VERSION, choices
from tests.support.containers import Containerised
from tests.support.project import Project, Render
from tests.support.run.left_out import leave_out, no_python

# A name that sorts first among the packages, one in the middle and one last.
NAMES = ["a-first", "my-app", "zz-last"]
# What can be chosen of those `dev_tools` that are packages.
TOOLS = [[], ["coverage"], ["hooks"], ["coverage", "hooks"]]
# Which answers change the lock; all others must not.
LOCK_QUESTIONS = {"app_name", "python_version", "kind", "type_checker", "dev_tools"}


COMBINATIONS = [
    {"kind": kind, "type_checker": checker, "dev_tools": tools}
    for kind, checker, tools in itertools.product(choices("kind"), choices("type_checker"), TOOLS)
]


def named(python: str) -> list[dict[str, object]]:
    """Each combination, with the names in turn: from one Python to the next it has another."""
    names = itertools.islice(itertools.cycle(NAMES), PYTHONS.index(python), None)
    return [
        {"app_name": name, **answers} for name, answers in zip(names, COMBINATIONS, strict=False)
    ]


# The master lock, resolved once under another name, fills the cache with what each check reads.
# Then, in each project, locking from the master lock, where uv itself drops what is not needed and
# sorts the rest, gives the same bytes.
CHECK = """
(cd master; sed -i s/run-anywhere-lock/another/ pyproject.toml; uv lock --quiet)
for project in [0-9]*; do (
    cd $project
    cp uv.lock born.lock
    cp ../master.lock uv.lock
    uv lock --offline --quiet || echo "$project: can't be locked"
    cmp uv.lock born.lock && echo same
); done
"""


def test_all_combinations_of_answers_are_checked_and_each_with_every_name() -> None:
    assert len(COMBINATIONS) == 2 * 5 * 4
    for names in zip(
        *([each["app_name"] for each in named(python)] for python in PYTHONS), strict=True
    ):
        assert {*names} == {*NAMES}


@pytest.mark.sample
@pytest.mark.parametrize("python", PYTHONS)
def test_every_lock_is_what_uv_writes(
    python: str,
    template: Path,
    machine: dict[str, str],
    has_python: Callable[[str], bool],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    # Without its history the template is not cloned for each of so many renders.
    files = shutil.copytree(template, tmp_path / "template", ignore=lambda *_: [".git"])
    projects = tmp_path / "projects"
    for number, answers in enumerate(named(python)):
        copier.run_copy(
            str(files),
            projects / str(number),
            data=answers | {"python_version": python},
            exclude=["*", "!pyproject.toml*", "!uv.lock*"],
            defaults=True,
            quiet=True,
        )
    shutil.copytree(TEMPLATE / f"lock/{python}", projects / "master")
    shutil.copy2(TEMPLATE / f"lock/{python}/uv.lock", projects / "master.lock")

    command = ["sh", "-c", CHECK]
    if has_python(python):
        checker = Project(projects, machine)
    elif request.config.option.engine == "none":
        leave_out(*no_python(python))
    else:
        containerised: Containerised = request.getfixturevalue("containerised")
        checker = containerised(app_name="locks", python_version=python)
        image = f"ghcr.io/astral-sh/uv:{UV_VERSION}-python{python}-trixie-slim"
        user = f"--user={os.getuid()}:{os.getgid()}"
        engine = checker.env["ENGINE"]
        same = ["--userns=keep-id"] if engine == "podman" and os.getuid() else []
        run = ["run", "--rm", user, *same, "--env=HOME=/tmp", f"--volume={projects}:/projects"]
        command = [engine, *run, "--workdir=/projects", image, *command]
    assert checker.run(*command).output.split() == ["same"] * len(COMBINATIONS)
    record_property("locks are what uv writes", len(COMBINATIONS))


def test_no_other_answer_changes_the_lock(render: Render) -> None:
    others: dict[str, object] = {
        "description": "Another.",
        "author_name": "Ada",
        "author_email": "ada@example.org",
        "ci": ["gitlab"],
        "bot": "renovate",
        "deploy": "kubernetes",
        "license": "proprietary",
        "source_url": "https://git.example.org/ada/app",
    }
    assert others.keys() | LOCK_QUESTIONS == QUESTIONS.keys()
    assert {*TOOLS[-1], "devcontainer", "agents"} == set(choices("dev_tools"))
    others["dev_tools"] = ["coverage", "devcontainer"]
    assert render(**others).read("uv.lock") == render().read("uv.lock")


def test_all_locks_hold_the_same_packages() -> None:
    listed = [
        [tomllib.loads(path.read_text())[table] for table in ("project", "dependency-groups")]
        for path in TEMPLATE.glob("lock/3.*/pyproject.toml")
    ]
    for project, _ in listed:
        del project["requires-python"]
    assert len(listed) == len(PYTHONS)
    assert all(project == listed[0] for project in listed)


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", PYTHONS)
def test_no_package_has_to_be_compiled(python: str, processor: str) -> None:
    """The builder image has no compiler: each has a wheel for either processor."""
    version = tuple(map(int, python.split(".")))
    platforms = [f"manylinux_2_{glibc}_{processor}" for glibc in range(5, 42)]
    platforms.append(f"manylinux2014_{processor}")
    fitting = {
        *tags.cpython_tags(version, platforms=platforms),
        *tags.compatible_tags(version, platforms=platforms),
    }
    lock = tomllib.loads((TEMPLATE / f"lock/{python}/uv.lock").read_text())
    lacking = [
        package["name"]
        for package in lock["package"]
        if "registry" in package["source"]
        and not any(
            fitting & parse_wheel_filename(wheel["url"].rpartition("/")[2])[3]
            for wheel in package.get("wheels", [])
        )
    ]
    assert lacking == []


@pytest.mark.parametrize("path", [f"lock/{python}/uv.lock" for python in PYTHONS] + ["uv.lock"])
def test_a_maintainer_s_own_settings_are_in_no_lock(path: str) -> None:
    lock = tomllib.loads((TEMPLATE / path).read_text())
    sources = [package["source"] for package in lock["package"]]
    registries = {source["registry"] for source in sources if "registry" in source}
    assert registries == {"https://pypi.org/simple"}
    assert lock["options"] == {
        "exclude-newer": "0001-01-01T00:00:00Z",
        "exclude-newer-span": "P7D",
    }, "the cooldown, which is the same on each day"
