"""What was there before the template stays as it was, and what can't work is said before it fails."""

import re
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.rendering.adopting.conftest import Existing, bring, contents
from tests.rendering.adopting.existing import copy
from tests.rendering.adopting.kinds import KINDS, project
from tests.support.containers import Containerised
from tests.support.history import COPIER
from tests.support.project import Project, press_enter


def wheel(project: Project, to: str) -> list[str]:
    """The files of the wheel that the project's own build backend makes, of nothing built before."""
    shutil.rmtree(project.folder / "build", ignore_errors=True)
    project.run("uv", "build", "--quiet", "--wheel", f"--out-dir={project.folder}/../{to}")
    [built] = (project.folder.parent / to).glob("*.whl")
    return sorted(zipfile.ZipFile(built).namelist())


@pytest.mark.sample
@pytest.mark.parametrize("name", ["data", "module", "flat", "src"])
def test_the_wheel_holds_the_same_files_as_before(
    name: str, existing: Existing, template: Path, native_python: str
) -> None:
    adopted = existing(name)
    before = wheel(adopted, "before")
    assert wheel(bring(name, adopted, template, native_python), "after") == before


def printed(project: Project, words: list[str]) -> tuple[int, list[str]]:
    """How make ended, and what its targets printed."""
    done = project.make(*words, check=False)
    return done.code, [line for line in done.output.splitlines() if not line.startswith("make")]


def test_an_own_makefile_works_as_before_and_ours_beside_it(
    existing: Existing, template: Path, native_python: str
) -> None:
    """A target that both have is its own; what has no rule, and a folder of a target's name, too."""
    adopted = existing("own")
    commands = [[], ["test"], ["build"], ["docs"], ["test", "docs"], ["nothing"]]
    before = [printed(adopted, words) for words in commands]
    bring("own", adopted, template, native_python, ci="[github]")
    assert [printed(adopted, words) for words in commands] == before
    assert adopted.make("start", "run").last_line == "Hello from shop"
    assert "  build " in adopted.make("-f", "app.mk").output
    assert adopted.read("Dockerfile") == "FROM scratch\n"
    assert "make test" in adopted.read(".github/workflows/ci.yml")


@pytest.mark.parametrize("name", ["makefile", "GNUmakefile"])
def test_a_target_of_an_own_makefile_is_a_check_by_what_is_said(
    name: str, existing: Existing, template: Path, native_python: str
) -> None:
    adopted = existing("range")
    adopted.write(name, "test:\n\t@echo its own test\n")
    adopted.commit()
    said = copy(adopted, template, {"python_version": native_python})
    assert not (adopted.folder / "Makefile").exists(), "make reads one of the three alone"
    [command] = re.findall("sed .* your-.*", said)
    adopted.run("sh", "-c", command)
    checked = adopted.make("-f", "app.mk", "start", "check").output
    assert checked.endswith("its own test\npassed: your-test\n")


def test_an_own_gnumakefile_is_the_only_one_that_make_reads(
    existing: Existing, template: Path, native_python: str
) -> None:
    """And CI, which comes along, types what runs in it."""
    adopted = existing("range")
    adopted.write("GNUmakefile", "hello: ; @echo own\n")
    adopted.commit()
    bring("range", adopted, template, native_python, ci="[github]")
    assert adopted.make("hello").last_line == "own"
    assert not (adopted.folder / "Makefile").exists()
    assert adopted.make("-f", "app.mk", "start", "run").last_line == "Hello from shop"
    assert "run: make -f app.mk needs-engine start check" in adopted.read(
        ".github/workflows/ci.yml"
    )


def test_no_ci_comes_unless_it_is_asked_for(
    existing: Existing, template: Path, native_python: str
) -> None:
    adopted = bring("range", existing("range"), template, native_python)
    assert not (adopted.folder / ".github").exists()


def test_a_second_copy_changes_nothing(
    existing: Existing, template: Path, native_python: str
) -> None:
    """Neither what was there before the first, nor what has since been changed."""
    adopted = bring("own", existing("own"), template, native_python)
    for name in ("Makefile", "Dockerfile", "app.mk", "app.Dockerfile"):
        adopted.write(name, adopted.read(name) + "# mine\n")
    before = contents(adopted)
    copy(adopted, template, {})
    assert contents(adopted) == before


def test_enter_for_each_question_changes_nothing_that_was_there(
    existing: Existing, template: Path, native_python: str
) -> None:
    adopted = existing("range")
    before = contents(adopted)
    for _ in range(2):
        shown = press_enter(adopted, str(template), ".")
    assert before.items() <= contents(adopted).items()
    questions = ("adopt", "app_name", "python_version", "kind", "command", "ci")
    # Each is drawn more than once.
    assert len(set(re.findall(r"🎤\S* (.{20})", shown))) == len(questions)


def test_an_update_leaves_alone_what_was_there(
    existing: Existing, history: Project, native_python: str
) -> None:
    adopted = existing("own")
    own = contents(adopted)
    copy(adopted, history.folder, {"python_version": native_python}, "--vcs-ref=v0.1.0")
    adopted.write(".gitignore", ".venv\n.env\n*.egg-info\n")
    adopted.commit()
    adopted.make("start")
    ours = ("-f", "app.mk", f"COPIER={COPIER['COPIER']}")
    assert "new" in adopted.make(*ours, "outdated", check=False).output.lower()
    adopted.make(*ours, "update")
    assert own.items() <= contents(adopted).items()
    assert "app.mk" in adopted.git("diff", "--name-only").output


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("range", {"make/mine": ""}, "a folder make/"),
        ("range", {".python-version": "3.9\n"}, "uv python pin 3.14, and copy again"),
        ("range", {".python-version": "3.12\n"}, "uv python pin 3.11 first"),
        ("range", {".python-version": "3.11.2\n"}, "uv python pin 3.11, and copy again"),
        ("module", {"uv.lock": None}, "Type: uv lock, and copy again"),
    ],
)
def test_what_cannot_come_in_is_said_before_anything_is_written(
    name: str, files: dict[str, str | None], said: str, existing: Existing, template: Path
) -> None:
    adopted = existing(name)
    for path, text in files.items():
        if text is None:
            (adopted.folder / path).unlink()
        else:
            adopted.write(path, text)
    before = contents(adopted)
    assert said in copy(adopted, template, {"python_version": "3.11"}, check=False)
    assert contents(adopted) == before


def test_what_a_clone_would_lack_is_said(
    existing: Existing, template: Path, native_python: str
) -> None:
    adopted = existing("range")
    adopted.write(".gitignore", ".venv\nuv.lock\nbuild")  # and no line end
    bring("range", adopted, template, native_python)
    fix = "git add --force uv.lock make/build"
    adopted.write(".env", "")
    said = adopted.make("start", "check", check=False).last_line
    first = "{ echo; echo .env; } >>.gitignore"
    assert said == f".gitignore does not list .env, and hides what a clone needs: {first} && {fix}"
    (adopted.folder / ".env").unlink()
    assert (
        ".gitignore does not list .env: added to .git/info/exclude\n"
        in adopted.make("start").output
    )
    assert ".env\n" not in adopted.git("ls-files", "--others", "--exclude-standard").output
    said = adopted.make("check", check=False).last_line
    assert said == f".gitignore hides what a clone needs: {fix}"
    adopted.run("sh", "-c", fix)
    adopted.make("check")


def test_a_check_that_fails_is_left_out_by_what_is_said(
    existing: Existing, template: Path, native_python: str
) -> None:
    adopted = existing("range")
    adopted.write("shop/__init__.py", "def main():\n    raise ValueError\n")
    adopted.write(".gitignore", ".venv\n.env\n")
    said = copy(adopted, template, {"python_version": native_python})
    assert adopted.make("start", "check", check=False).code
    [command] = re.findall("sed .*", said)
    adopted.run("sh", "-c", command)
    assert adopted.make("check").last_line == "passed: "


SCM = {
    "pyproject.toml": project("setuptools", "")
    .replace('version = "1.2.3"', 'dynamic = ["version"]')
    .replace('["setuptools"]', '["setuptools", "setuptools-scm"]')
    + "\n[tool.setuptools_scm]\n",
    "shop/__init__.py": KINDS["data"].files["shop/__init__.py"],
    "shop/static/hello.txt": "Hello from shop",
}
NOTHING = {
    "pyproject.toml": project("setuptools") + "\n[tool.setuptools]\npackages = []\n",
    "shop/__init__.py": "",
}
OTHER = {
    "pyproject.toml": project().replace('shop = "shop', 'sell = "shop'),
    "shop/__init__.py": "",
}


@pytest.mark.sample
@pytest.mark.parametrize(
    ("files", "said"),
    [
        (NOTHING, "the image would hold no application"),
        (SCM, "the image would lack shop/static/hello.txt"),
        (OTHER, "there is no command shop, and [project.scripts] gives: sell; name another"),
    ],
    ids=["no application", "no data", "no command"],
)
@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_a_build_fails_where_the_image_would_lack_something(
    files: dict[str, str],
    said: str,
    containerised: Containerised,
    template: Path,
    native_python: str,
    tmp_path: Path,
) -> None:
    env = containerised(app_name="lacking", python_version=native_python).env
    adopted = Project(tmp_path / "shop", env | {"UV_PYTHON": native_python})
    for path, text in files.items():
        adopted.write(path, text)
    adopted.commit()
    adopted.git("tag", "v1.0")
    adopted.run("uv", "lock", "--quiet")
    copy(adopted, template, {"python_version": native_python})
    built = adopted.make("build", check=False)
    assert built.code
    assert said in built.output


TESTS = {"shop/tests/__init__.py": "", "shop/tests/a/b": ""}


@pytest.mark.parametrize(
    ("more", "files"),
    [
        ("include-package-data = false", {}),
        ('packages = ["shop"]\npackage-data = { shop = ["static/*"] }', TESTS),
    ],
    ids=["data", "tests"],
)
@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_a_build_passes_where_the_project_leaves_it_out(
    more: str, files: dict[str, str], containerised: Containerised, template: Path,
    native_python: str, tmp_path: Path,
) -> None:  # fmt: skip
    env = containerised(app_name="lacking", python_version=native_python).env
    adopted = Project(tmp_path / "shop", env | {"UV_PYTHON": native_python})
    for path, text in (SCM | files).items():
        adopted.write(path, text.replace('name = "shop"', 'name = "lacking"'))
    scm = "[tool.setuptools_scm]"
    adopted.replace("pyproject.toml", scm, f"[tool.setuptools]\n{more}\n\n{scm}")
    adopted.commit()
    adopted.run("uv", "lock", "--quiet")
    copy(adopted, template, {"python_version": native_python, "command": "python -m shop"})
    adopted.make("build")


@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_a_build_fails_where_the_image_would_hold_what_git_ignores(
    containerised: Containerised, template: Path, native_python: str, tmp_path: Path
) -> None:
    """Of a project that runs from its folder, until a line says whether that is meant."""
    env = containerised(app_name="ignored", python_version=native_python).env
    adopted = Project(tmp_path / "shop", env | {"UV_PYTHON": native_python})
    files = {
        "pyproject.toml": project("", "", "").replace("shop", "ignored"),
        "shop.py": "import json\n\nprint(len(json.load(open('built/a file.json'))))\n",
        ".gitignore": ".venv\n.env\n__pycache__\nlocal.ini\nbuilt\n*.key\n",
        "local.ini": "password",
        "built/a file.json": "[1, 2]",
        "my.key": "",
    }
    for path, text in files.items():
        adopted.write(path, text)
    adopted.commit()
    adopted.run("uv", "lock", "--quiet")
    copy(adopted, template, {"python_version": native_python})
    adopted.replace(".dockerignore", "\nbuild\n", "\nbuild\n!built\n")
    built = adopted.make("start", "build", check=False)
    assert built.code
    [fix] = re.findall("leave it out by (.*?);", built.output)
    assert fix == "printf '%s\\n' 'local.ini' >>.dockerignore"
    adopted.run("sh", "-c", fix)
    assert adopted.make("build", "up").last_line == "2"
