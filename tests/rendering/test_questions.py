"""The questions: an interface, a conversation, and a guard."""

import sys
from pathlib import Path

import copier
import pytest

from tests.support.answers import PYTHONS, QUESTIONS, TEMPLATE, choices
from tests.support.project import Project, Render, press_enter

INTERFACE = {
    "app_name": "my-app",
    "description": "A Python application that runs the same way everywhere.",
    "author_name": "",
    "author_email": "",
    "python_version": "3.14",
    "kind": "cli",
    "type_checker": "mypy",
    "dev_tools": ["coverage", "agents"],
    "ci": ["github"],
    "bot": "none",
    "license": "MIT",
    "source_url": "",
    "deploy": "none",
}


def test_names_order_and_defaults_are_an_interface() -> None:
    defaults = {name: question["default"] for name, question in QUESTIONS.items()}
    assert list(defaults.items()) == list(INTERFACE.items())


@pytest.mark.parametrize(
    ("question", "offered"),
    {
        "python_version": ["3.11", "3.12", "3.13", "3.14", "3.15"],
        "kind": ["cli", "service"],
        "type_checker": ["mypy", "basedpyright", "ty", "pyrefly", "none"],
        "dev_tools": ["coverage", "hooks", "devcontainer", "agents"],
        "ci": ["github", "gitlab", "azure", "bitbucket", "circleci", "forgejo", "jenkins"],
        "bot": ["renovate", "dependabot", "none"],
        "license": ["MIT", "Apache-2.0", "BSD-3-Clause", "proprietary"],
        "deploy": ["none", "kubernetes"],
    }.items(),
)
def test_choices_are_an_interface(question: str, offered: list[str]) -> None:
    assert choices(question) == offered


@pytest.mark.parametrize("name", INTERFACE)
def test_every_question_explains_itself_and_guards_what_is_typed(name: str) -> None:
    assert QUESTIONS[name]["help"].strip()
    # What .python-version of an existing project says is a guard, too.
    guarded = "validator" in QUESTIONS[name] and name != "python_version"
    assert ("choices" in QUESTIONS[name]) != guarded


@pytest.mark.parametrize(
    ("question", "answer", "instead"),
    [
        ("app_name", "My App", "Type lowercase words joined by hyphens"),
        ("app_name", "my_app", "Type lowercase words joined by hyphens"),
        ("app_name", "", "Type lowercase words joined by hyphens"),
        ("app_name", "my-app\n", "Type lowercase words joined by hyphens"),
        ("app_name", "2nd", "beginning with a letter"),
        ("app_name", "a" * 41, "40 characters at most"),
        ("app_name", "class", "such as class-app"),  # a keyword
        ("app_name", "email", "such as email-app"),  # a module of the standard library
        ("app_name", "test", "such as test-app"),
        ("app_name", "annotationlib", "such as"),  # new in 3.14
        ("app_name", "typer", "such as typer-app"),  # a locked package
        ("app_name", "dotenv", "such as dotenv-app"),  # the module of a locked package
        ("app_name", "nul", "such as nul-app"),  # a device of Windows
        ("app_name", "python", "such as python-app"),  # a command of every environment
        ("description", "two\nlines", "Type a sentence on one line"),
        ("description", " ", "Type a sentence"),
        ("description", "a" * 201, "200 characters at most"),
        ("author_name", "Ada\x7f", "Type a name on one line"),
        ("author_name", "a" * 101, "100 characters at most"),
        ("author_email", "ada", "Type an address such as ada@example.org"),
        ("author_email", 'a"b@example.org', "Type an address such as ada@example.org"),
        ("source_url", "git@example.org:a/b", "Type an address such as https://git.example.org/"),
        ("source_url", 'https://example.org/"', "Type an address such as https://git.example.org/"),
        ("source_url", "https://user:pw@example.org/a", "Type an address such as https://git"),
        ("source_url", "https://example.org/" + "a" * 181, "200 characters at most"),
    ],
)
def test_an_answer_that_cannot_work_is_refused_with_what_to_type_instead(
    template: Path, tmp_path: Path, question: str, answer: str, instead: str
) -> None:
    app = tmp_path / "app"
    with pytest.raises(ValueError, match=instead):
        copier.run_copy(str(template), app, data={question: answer}, defaults=True, quiet=True)
    assert not app.exists()


@pytest.mark.parametrize("name", ["ab", "my-app", "my-2nd-app3", "typer-app", "a" * 40])
def test_a_name_that_works_is_taken(render: Render, name: str) -> None:
    assert f'name = "{name}"' in render(app_name=name).read("pyproject.toml")


def test_defaults_ask_nothing_and_need_no_trust(
    template: Path, machine: dict[str, str], tmp_path: Path
) -> None:
    """As typed by people: the command line, which has no trust unless it is given."""
    command = [sys.executable, "-m", "copier", "copy", "--defaults"]
    newcomer = Project(tmp_path, machine)
    result = newcomer.run(*command, str(template), "app")
    assert "make start check run" in result.output
    assert (tmp_path / "app/uv.lock").exists()


def test_a_newcomer_who_presses_enter_gets_the_defaults(
    template: Path, machine: dict[str, str], tmp_path: Path, render: Render
) -> None:
    shown = press_enter(Project(tmp_path, machine), str(template), "app")
    for question in QUESTIONS.values():
        first_words = " ".join(question["help"].split()[:3])
        assert first_words in shown
    typed, default = tmp_path / "app", render().folder
    for path in default.rglob("*"):
        if path.is_file():
            assert (typed / path.relative_to(default)).read_bytes() == path.read_bytes(), path


def test_each_python_that_can_be_answered_has_a_lock() -> None:
    assert sorted(path.parent.name for path in TEMPLATE.glob("lock/3.*/uv.lock")) == PYTHONS
