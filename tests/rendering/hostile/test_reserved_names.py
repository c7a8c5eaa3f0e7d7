"""Names that would stand in the way are refused."""

import keyword
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rendering.hostile.conftest import Validate
from tests.support.answers import PYTHONS, TEMPLATE
from tests.support.project import Project
from tests.support.reading.script import commands, scripts


@pytest.fixture(scope="module")
def is_taken(validate: Validate) -> Callable[[str], bool]:
    """Say whether a name, as Python or a lock writes it, is refused, or is one that nobody can type."""

    def is_taken(name: str) -> bool:
        message = validate("app_name", re.sub(r"[-_.]+", "-", name.lower()))
        return "type another" in message or message.startswith("Type lowercase words")

    return is_taken


@pytest.mark.parametrize("python", PYTHONS)
def test_no_locked_package_gives_its_name_away(
    python: str, is_taken: Callable[[str], bool]
) -> None:
    lock = tomllib.loads((TEMPLATE / f"lock/{python}/uv.lock").read_text())
    names = [package["name"] for package in lock["package"]]
    assert len(names) > 40
    assert [name for name in names if not is_taken(name)] == []


def test_no_module_or_command_of_a_locked_package_gives_its_name_away(
    native_python: str,
    machine: dict[str, str],
    tmp_path: Path,
    is_taken: Callable[[str], bool],
) -> None:
    """Read from an environment that holds all that can be locked."""
    sync = ["uv", "sync", "--locked", "--quiet", f"--project={TEMPLATE}/lock/{native_python}"]
    Project(tmp_path, machine | {"UV_PROJECT_ENVIRONMENT": str(tmp_path / "env")}).run(*sync)
    commands = {path.name for path in (tmp_path / "env/bin").iterdir() if not path.suffix}
    installed = (tmp_path / "env").glob("lib/*/site-packages/*")
    modules = {path.name.split(".")[0] for path in installed if path.suffix in {"", ".py", ".so"}}
    assert commands >= {"mypy", "ruff", "uvicorn"}
    assert modules >= {"dotenv", "typing_extensions", "fastapi"}
    assert [name for name in sorted(commands | modules) if not is_taken(name)] == []


def test_no_module_of_the_standard_library_gives_its_name_away(
    has_python: Callable[[str], bool], machine: dict[str, str], is_taken: Callable[[str], bool]
) -> None:
    """Of each Python that this machine has, and what is new or gone in one that it may not have."""
    names = {"distutils", "imp", "asynchat", "annotationlib", "compression", "profiling", "test"}
    ask = "import sys; print(*sys.stdlib_module_names)"
    for python in filter(has_python, PYTHONS):
        run = ["uv", "run", "--no-project", f"--python={python}", "python", "-c", ask]
        names |= set(subprocess.check_output(run, env=machine, text=True).split())
    assert len(names) > 250
    assert [name for name in sorted(names) if not is_taken(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        *keyword.kwlist,
        *("con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9"),  # devices of Windows
        *("python", "pythonw", "pip", "uv", "activate"),  # the environment's own
        *("colorama", "httpx2-jsfetch"),  # locked for other systems: not installed on Linux
        *("uvloop", "httptools", "websockets"),  # uvicorn takes them where it finds them
        *("email-validator", "python-multipart", "multipart"),  # and so do pydantic and fastapi
        *("sitecustomize", "usercustomize"),  # imported at every start of Python
        *("src", "tests", "conftest", "test-cli", "test-service", "test-settings", "test-health"),
        *("make", "git", "sh", "docker", "kubectl", "scratch"),
        *("null", "on", "off", "yes", "no"),  # words of YAML
        *("setuptools", "distutils", "pkg-resources", "typing", "email", "test"),
    ],
)
def test_a_name_that_would_break_the_project_is_refused(
    name: str, is_taken: Callable[[str], bool]
) -> None:
    assert is_taken(name)


@pytest.mark.parametrize("kind", ["cli", "service"])
def test_no_command_or_test_of_the_project_gives_its_name_away(
    kind: str, copy: Callable[..., Project], is_taken: Callable[[str], bool]
) -> None:
    """With the environment active, an application called `sed` would run in place of that."""
    project = copy(kind=kind, dev_tools=["hooks", "coverage"], deploy="kubernetes")
    makefiles = project.read("Makefile") + project.read("make/machine.mk")
    words = set(re.findall(r"(?:^\t@?|\$\(shell) *([a-z]+)\b", makefiles, re.MULTILINE))
    for script in scripts(project.folder):
        words |= {name for name, *_ in commands(script.read_text())}
    # The shell finds its own first, and says their names where it says a path for the others.
    ask = ["sh", "-c", 'for word; do command -v "$word"; done; :', "-", *words]
    found = {Path(line).name for line in project.run(*ask).output.split() if "/" in line}
    assert found >= {"dirname", "git", "rm", "sed", "uv"}
    modules = {path.stem for path in project.folder.glob("tests/*.py")}
    assert [name for name in sorted(found | modules) if not is_taken(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "m\N{CYRILLIC SMALL LETTER U}-app",
        "\N{FULLWIDTH LATIN SMALL LETTER M}y-app",
        "\N{LATIN SMALL LETTER DOTLESS I}app",
        "\N{SMALL ROMAN NUMERAL ONE THOUSAND}y-app",
        "my\N{NON-BREAKING HYPHEN}app",
        "my\N{EN DASH}app",
        "my-\N{ZERO WIDTH SPACE}app",
        "app-\N{ARABIC-INDIC DIGIT THREE}",
        "\N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}",
        "my-app\n",
        "a",  # Docker: Invalid container name (a)
    ],
)
def test_a_name_that_only_looks_right_is_refused(name: str, validate: Validate) -> None:
    assert validate("app_name", name).startswith("Type ")
