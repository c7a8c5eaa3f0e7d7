"""What is accepted arrives to the letter: 50 free-text answers and 50 names and choices become whole projects."""

import email
import json
import re
import shutil
import tomllib
import warnings
from collections.abc import Callable
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.rendering.hostile.answers import FRAGMENTS, HARMLESS, HOSTILE, NAMES, examples
from tests.rendering.hostile.conftest import Validate
from tests.support.answers import QUESTIONS, choices
from tests.support.project import Project, texts
from tests.support.reading.linters import ruff, taplo, yamllint
from tests.support.reading.tidy import assert_tidy

RENDERED = "projects were rendered from hostile answers"


def test_free_text_arrives_to_the_letter_and_nowhere_else(
    validate: Validate,
    copy: Callable[..., Project],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """50 projects; each is compared with one that was rendered from harmless answers."""
    harmless: dict[tuple[str, ...], tuple[dict[str, str], list[str]]] = {}
    tried = 0

    def metadata(project: Project) -> Any:
        """Return what the build backend writes, as importlib.metadata reads it."""
        shutil.rmtree(tmp_path / "built", ignore_errors=True)
        (tmp_path / "built").mkdir()
        hook = "prepare-metadata-for-build-wheel"
        project.run("uv", "build-backend", hook, str(tmp_path / "built"))
        return email.message_from_string(next(tmp_path.rglob("METADATA")).read_text())

    def usable(question: str) -> st.SearchStrategy[str]:
        usual = HARMLESS[question]
        pieces = [piece for piece in FRAGMENTS if not validate(question, f"Ada {piece} L")]
        together = st.lists(st.sampled_from(pieces or [""]), min_size=3, max_size=9)
        answers = HOSTILE[question] | together.map(lambda used: f"Ada {' '.join(used)} L")
        return answers.map(lambda answer: usual if validate(question, answer) else answer)

    @examples(50)
    @given(
        st.fixed_dictionaries({name: usable(name) for name in HOSTILE if name != "app_name"}),
        st.sampled_from(["cli", "service"]),
        st.sampled_from(["MIT", "BSD-3-Clause", "proprietary"]),
    )
    def check(answers: dict[str, str], kind: str, terms: str) -> None:
        nonlocal tried
        tried += 1
        description, name, address = (
            answers[field] for field in ("description", "author_name", "author_email")
        )
        same: dict[str, str] = {"kind": kind, "license": terms}
        anonymous = {} if name else {"author_name": ""}
        key = (kind, terms, name and "named")
        if key not in harmless:
            project = copy(**HARMLESS | same | anonymous)
            harmless[key] = texts(project), metadata(project).keys()
        expected, headers = harmless[key]
        project = copy(**answers, **same)
        found = texts(project)
        for path, text in found.items():
            assert_tidy(path, text)
        assert found.keys() == expected.keys()
        changed = {path for path in found if found[path] != expected[path]}
        assert changed <= {"README.md", "LICENSE", "pyproject.toml", ".copier-answers.yml"}

        assert found["README.md"] == expected["README.md"].replace(
            HARMLESS["description"], description
        )
        assert found["LICENSE"] == expected["LICENSE"].replace(HARMLESS["author_name"], name)
        assert name in found["LICENSE"]

        pyproject = tomllib.loads(found["pyproject.toml"])
        author = {"name": name, "email": address}
        author = {key: value for key, value in author.items() if value}
        assert pyproject["project"].pop("description") == description
        assert pyproject["project"].pop("authors", []) == [author] * bool(author)
        plain = tomllib.loads(expected["pyproject.toml"])
        for field in ("description", "authors"):
            plain["project"].pop(field, None)
        assert pyproject == plain

        recorded = yaml.safe_load(found[".copier-answers.yml"])
        assert recorded == yaml.safe_load(expected[".copier-answers.yml"]) | answers

        built = metadata(project)
        assert [each for each in built if each != "Author-email"] == [
            each for each in headers if each != "Author-email"
        ]
        assert built["Summary"] == description
        assert built["Author"] == (name or None)
        header = f"{name} <{address}>" if name and address else address or None
        assert built["Author-email"] == header
        assert not header or [each for _, each in getaddresses([header])] == [address]
        assert built.get_payload() == found["README.md"]

    check()
    assert tried >= 50
    record_property(RENDERED, tried)


def database(project: Project) -> set[str]:
    """Return the names of all targets and variables that make knows."""
    printed = project.make("-pn", "help").output
    return set(re.findall(r"^([^\s#:=]+) *(?:[:?+]?=|:)", printed, re.MULTILINE))


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Return a Dockerfile's instructions: comments dropped, continued lines joined."""
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    split = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(word, rest.strip()) for word, _, rest in split]


def test_a_name_stands_where_my_app_would_and_nowhere_else(
    validate: Validate,
    copy: Callable[..., Project],
    record_property: Callable[[str, object], None],
) -> None:
    """25 names: Python, Makefile, Dockerfile, TOML and YAML are those of my-app, but for the name."""
    usual_texts: dict[str, dict[str, str]] = {}
    usual_database: dict[str, set[str]] = {}
    tried = 0

    def own(text: str, name: str) -> str:
        return text.replace("my-app", name).replace("my_app", name.replace("-", "_"))

    @examples(25)
    @given(
        NAMES.filter(lambda name: not validate("app_name", name)),
        st.sampled_from(["cli", "service"]),
    )
    def check(name: str, kind: str) -> None:
        nonlocal tried
        tried += 1
        if kind not in usual_texts:
            project = copy(kind=kind)
            usual_texts[kind], usual_database[kind] = texts(project), database(project)
        project = copy(app_name=name, kind=kind)
        found = texts(project)
        # In make/ it stands for any name.
        expected = {
            own(path, name): text if path.startswith("make/") else own(text, name)
            for path, text in usual_texts[kind].items()
        }
        # Quoted where YAML would read a word of its own: null, on, 1e3.
        recorded, usual = (
            yaml.safe_load(each.pop(".copier-answers.yml")) for each in (found, expected)
        )
        assert recorded == usual | {"app_name": name}
        # uv sorts its packages, so there the own block moves.
        locks = [tomllib.loads(each.pop("uv.lock")) for each in (found, expected)]
        for lock in locks:
            lock["package"].sort(key=lambda package: package["name"])
        assert locks[0] == locks[1]
        assert found == expected

        for path, text in found.items():
            assert_tidy(path, text)
        assert database(project) == {own(each, name) for each in usual_database[kind]}
        assert tomllib.loads(found["pyproject.toml"])["project"]["name"] == name
        for path, text in found.items():
            if path.endswith(".py"):
                with warnings.catch_warnings(action="error"):
                    compile(text, path, "exec")
        parsed = instructions(found["Dockerfile"])
        known = "ARG FROM ENV WORKDIR COPY RUN USER EXPOSE HEALTHCHECK ENTRYPOINT"
        assert {word for word, _ in parsed} <= set(known.split())
        assert json.loads(dict(parsed)["ENTRYPOINT"]) == [name]
        assert f"\nAPP := {name}\n" in found["Makefile"]

    check()
    assert tried >= 25
    record_property(RENDERED, tried)


CHOICES = {name: choices(name) for name, question in QUESTIONS.items() if "choices" in question}
CHOSEN = {
    name: st.lists(st.sampled_from(values), unique=True)
    if QUESTIONS[name].get("multiselect")
    else st.sampled_from(values)
    for name, values in CHOICES.items()
}


def test_any_choices_render_tidy_files_that_pass_their_linters(
    copy: Callable[..., Project], record_property: Callable[[str, object], None]
) -> None:
    """25 projects, of which each choice is in some, with a short name and with the longest."""
    chosen: set[tuple[str, str]] = set()
    tried = 0

    @examples(25)
    @given(st.fixed_dictionaries(CHOSEN), st.sampled_from(["ab", "my-app", "z" * 40]))
    def check(answers: dict[str, Any], name: str) -> None:
        nonlocal tried
        tried += 1
        project = copy(app_name=name, **answers)
        for path, text in texts(project).items():
            assert_tidy(path, text)
        for linter in (ruff, yamllint, taplo):
            assert linter(project.folder) == ""
        for question, answer in answers.items():
            chosen.update(
                (question, each) for each in ([answer] if isinstance(answer, str) else answer)
            )

    check()
    assert chosen == {(question, choice) for question in CHOICES for choice in CHOICES[question]}
    record_property("projects were rendered from random choices", tried)
