"""What is read of an existing project beside its command: its checks, its Python, and what it lacks."""

import re
from pathlib import Path

import pytest
import yaml

from tests.rendering.adopting.existing import copy
from tests.rendering.adopting.test_command import write_and_copy
from tests.support.answers import PYTHONS, TEMPLATE
from tests.support.project import Project

MEMBER = """
[[package]]
name = "lib"
version = "1.0"
source = { editable = "packages/lib" }

[package.dev-dependencies]
dev = [
    { name = "pytest" },
]
"""


def test_an_existing_project_is_offered_the_pythons_of_a_new_one() -> None:
    """Copier can't give a macro the choices of a question."""
    [offered] = re.findall(
        "set offered = (.*) %", (TEMPLATE / "includes/existing.jinja").read_text()
    )
    assert yaml.safe_load(offered) == PYTHONS


def listed(table: str, group: str, *names: str) -> str:
    """The group or extra of a package in uv.lock."""
    items = "".join(f'    {{ name = "{name}" }},\n' for name in names)
    return f"\n[package.{table}]\n{group} = [\n{items}]\n"


def read(
    template: Path, shop: Path, lock: str, files: dict[str, str], **answers: str
) -> dict[str, str]:
    """Bring the template into a project with this lock; return the recipe of each target."""
    write_and_copy(shop, template, lock, files, package=False, direct="", **answers)
    rules = (shop / "Makefile").read_text().split("\n\n")
    return {rule.split(":")[0]: rule.partition("\n")[2] for rule in rules if "\n\t" in rule}


GROUP = listed("dev-dependencies", "test", "pytest")
UNITTEST = {"tests/test_shop.py": "", "tests/__init__.py": ""}


@pytest.mark.parametrize(
    ("lock", "files", "command"),
    [
        (GROUP, {}, "--group test python -m pytest"),
        (listed("optional-dependencies", "qa", "pytest"), {}, "--extra qa python -m pytest"),
        (listed("dev-dependencies", "dev", "pytest"), {}, "python -m pytest"),
        ("", {"tests/conftest.py": ""}, "--with pytest python -m pytest"),
        ('\n[[package]]\nname = "django"\n', {"manage.py": ""}, "python manage.py test"),
        ("", {"manage.py": "", "tests.py": ""}, "python -m unittest discover"),
        ("", UNITTEST, "python -m unittest discover -s tests -t ."),
        ("", {"tests/test_shop.py": ""}, "python -m unittest discover -s tests"),
        ("", {}, "python -m unittest discover"),
    ],
)
def test_the_tests_run_with_what_lists_them(
    lock: str, files: dict[str, str], command: str, template: Path, tmp_path: Path
) -> None:
    assert read(template, tmp_path / "shop", lock, files)["test"].split("make/tests ")[1] == (
        f"{command} $(ARGS)"
    )


def test_a_linter_that_is_for_documentation_alone_checks_nothing(
    template: Path, tmp_path: Path
) -> None:
    """Mkdocstrings shows signatures by black."""
    rules = read(template, tmp_path / "shop", listed("dev-dependencies", "docs", "black"), {})
    assert "lint" not in rules


@pytest.mark.parametrize(
    ("files", "checked"),
    [("^src/", " src"), ("^(src/|tests/)", " src tests"), ("^(src|tests)/", " src tests"), ("s.*", "")],
)  # fmt: skip
def test_a_linter_reads_the_folders_of_its_hook(
    files: str, checked: str, template: Path, tmp_path: Path
) -> None:
    hooks = [{"id": "other"}, {"id": "ruff-check", "files": files}, {"id": "ruff-format"}]
    hooked = {".pre-commit-config.yaml": yaml.dump({"repos": [{}, {"hooks": hooks}]})}
    locked = listed("dev-dependencies", "dev", "ruff")
    rules = read(template, tmp_path / "shop", locked, hooked)
    assert f"ruff check{checked}\n" in rules["lint"]
    assert rules["lint"].endswith("ruff format --check")
    assert f"ruff check --fix{checked}\n" in rules["format"]


def test_a_member_of_a_workspace_runs_alone_and_is_checked_with_all(
    template: Path, tmp_path: Path
) -> None:
    rules = read(template, tmp_path / "shop", MEMBER, {}, app_name="lib")
    assert " --package lib " in rules["run"]
    assert "sync --locked --all-packages" in rules["install"]
    assert "--all-packages pytest packages/lib" in rules["test"]


def test_a_member_is_imported_by_its_own_name(template: Path, tmp_path: Path) -> None:
    listed = 'packages/lib" }\ndependencies = [\n    { name = "fastapi" },\n]'
    web = MEMBER.replace('packages/lib" }', listed)
    files = {"packages/lib/app/main.py": "", "packages/lib/app/__init__.py": ""}
    lock = web + '\n[[package]]\nname = "uvicorn"\n'
    rules = read(template, tmp_path / "shop", lock, files, app_name="lib")
    assert " app.main:app" in rules["run"]


def test_the_python_is_the_first_of_those_that_the_project_names(
    template: Path, tmp_path: Path
) -> None:
    read(template, tmp_path / "shop", "", {".python-version": "3.12\n3.13\n"})
    answers = yaml.safe_load((tmp_path / "shop/.copier-answers.yml").read_text())
    assert answers["python_version"] == "3.12"


def wheel(name: str, version: str, *tags: str) -> str:
    """A locked package with these wheels."""
    urls = "".join(
        f'    {{ url = "https://pypi.org/{name}-{version}-{tag}.whl" }},\n' for tag in tags
    )
    return f'\n[[package]]\nname = "{name}"\nversion = "{version}"\nwheels = [\n{urls}]\n'


PURE = wheel("rich", "1", "py3-none-any")
OLD = wheel("numpy", "1", "cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_x86_64")
NEW = wheel("numpy", "2", "cp313-cp313-manylinux_2_17_x86_64", "cp314-cp314-manylinux_2_17_x86_64")
LATE = wheel("scipy", "1", "cp313-cp313-manylinux_2_17_x86_64")
OLDEST = wheel("yarl", "1", "cp39-cp39-manylinux_2_17_x86_64")
WINDOWS = wheel("pywin32", "1", "cp312-cp312-win32")


@pytest.mark.parametrize(
    ("lock", "python"),
    [
        (PURE, "3.14"),
        (PURE + OLD, "3.12"),
        (OLD + NEW + LATE, "3.13"),
        (PURE + WINDOWS, "3.14"),
        (PURE + OLD + OLDEST, "3.12"),
    ],
)
def test_the_python_is_the_newest_with_wheels_of_each_package_or_of_most(
    lock: str, python: str, template: Path, tmp_path: Path
) -> None:
    read(template, tmp_path / "shop", lock, {})
    answers = yaml.safe_load((tmp_path / "shop/.copier-answers.yml").read_text())
    assert answers["python_version"] == python


def test_a_file_that_is_not_yaml_is_passed_over(template: Path, tmp_path: Path) -> None:
    files = {"Procfile": "web: gunicorn: a: b", ".pre-commit-config.yaml": "{", "app.py": ""}
    assert "python app.py" in read(template, tmp_path / "shop", "", files)["run"]


SETUP_CFG = {
    "setup.cfg": "[metadata]\nname = shop\nversion = 1.0\n[options]\npy_modules = shop\n",
    "shop.py": "",
}
SETUP_PY = {"setup.py": "import setuptools\nsetuptools.setup()\n"}
BLACK = {"pyproject.toml": "[tool.black]"}  # and no line end
SYSTEM = {"pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n'}
REQUIREMENTS = {"requirements.txt": "iniconfig\n", "app.py": ""}
FLAKE8 = {"setup.cfg": "[flake8]\n"}
PIPFILE = {"Pipfile": '[packages]\niniconfig = "*"\n'}


@pytest.mark.sample
@pytest.mark.parametrize(
    ("files", "package"),
    [
        pytest.param(SETUP_CFG, True, id="setup.cfg"),
        pytest.param(SETUP_CFG | SETUP_PY | REQUIREMENTS | PIPFILE, True, id="setup.py"),
        pytest.param(FLAKE8 | REQUIREMENTS, False, id="requirements.txt"),
        pytest.param(PIPFILE, False, id="Pipfile"),
        pytest.param(BLACK | REQUIREMENTS, False, id="requirements.txt and a tool's table"),
        pytest.param(BLACK | SETUP_CFG, True, id="setup.cfg and a tool's table"),
        pytest.param(SYSTEM | SETUP_CFG, True, id="setup.cfg and its build backend"),
    ],
)
def test_a_project_that_uv_does_not_know_is_locked_by_what_is_said(
    files: dict[str, str],
    package: bool,
    machine: dict[str, str],
    template: Path,
    native_python: str,
    tmp_path: Path,
) -> None:
    shop = Project(tmp_path / "shop", machine | {"UV_PYTHON": native_python})
    for path, text in files.items():
        shop.write(path, text)
    shop.commit()
    answers = {"python_version": native_python}
    said = copy(shop, template, answers, check=False).strip().split("Type: ")[1]
    command, _, more = said.partition(", and copy again")
    if "type first:" in more:  # which concerns each project here that has a pyproject.toml
        command = f"{more.split('type first:')[1].strip()}\n{command}"
    shop.run("sh", "-c", command)
    copy(shop, template, answers)
    for path, text in files.items():
        assert shop.read(path).startswith(text)
    lock = shop.read("uv.lock")
    assert f'source = {{ {"editable" if package else "virtual"} = "." }}' in lock
    assert 'name = "shop"' in lock


def test_a_lock_with_a_comment_has_the_line_that_takes_it_out(
    machine: dict[str, str], template: Path, native_python: str, tmp_path: Path
) -> None:
    """Uv writes one where `exclude-newer` is in days, which YAML can't have there."""
    shop = Project(tmp_path / "shop", machine | {"UV_PYTHON": native_python})
    days = '\n[tool.uv]\nexclude-newer = "7 days"\n'
    shop.write("pyproject.toml", f'[project]\nname = "shop"\nversion = "1"{days}')
    shop.write("app.py", "")
    shop.run("uv", "lock")
    shop.commit()
    assert " # " in shop.read("uv.lock")
    said = copy(shop, template, {"python_version": native_python}, check=False)
    assert shop.git("status", "--porcelain").output == ""
    shop.run("sh", "-c", said.split("Type: ")[1].split(", and copy again")[0])
    copy(shop, template, {"python_version": native_python})
    shop.run("uv", "lock", "--check")
