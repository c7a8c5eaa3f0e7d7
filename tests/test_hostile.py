"""Hostile answers: each is refused with what to type instead, or arrives to the letter and does nothing.

How many were tried is fixed: the examples are derandomized, so that each run tries the same ones.
The validators read 4,600 answers, 50 free-text answers and 25 names become whole projects, and 40
answers are refused by copier itself.
"""

import email
import json
import keyword
import re
import shutil
import string
import subprocess
import sys
import tomllib
import unicodedata
import warnings
from collections.abc import Callable
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import copier
import jinja2
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from tests.conftest import PYTHONS, QUESTIONS, TEMPLATE, Project, Render, assert_tidy
from tests.linters import ruff, taplo, yamllint
from tests.script import commands, scripts

Answers = dict[str, str]
Validate = Callable[[str, str], str]

LIMITS = {"app_name": 40, "description": 200, "author_name": 100, "author_email": 100}
HARMLESS = {
    "app_name": "my-app",
    "description": "A harmless description.",
    "author_name": "Ada Lovelace",
    "author_email": "ada@example.org",
}
# What quotes, escapes, comments, tags, substitutions, other scripts and special words are made of.
FRAGMENTS = [
    *("'", '"', '"""', "\\", "\\n", '\\"', "\n", "\r\n", "\t", "\0", "\x1b[31m", "\x7f", "\x85"),
    *("\u2028", "\u2029", "\ud800", "\udfff", "\ufeff", "\uffff", "\u200b", "\u00a0", " ", "  "),
    *("🐍", "👩‍🔬", "ünï", "e\u0301", "שלום", "مرحبا", "\u200f", "\u202e", "\u2066", "\u2069"),
    *("{{ 1 + 1 }}", "{{", "}}", "{% raw %}", "{% set", "{# no #}", "{#", "%}"),
    *("$(id)", "${HOME}", "$$", "$", "`id`", "$(shell id)", "; id", "&& id", "| id", "!", "%(a)s"),
    *("#", " # ", "<<<<<<< ", ">>>>>>> ", "=======", "<!--", "-->", "```", "---", "[a]: b", "](b)"),
    *("null", "true", "1e3", "0x1f", "~", "- x", "key: value", "@x", "!!python/object:os", "&a"),
    *(
        "*a",
        "? a",
        "|",
        ">",
        ",",
        ":",
        ";",
        "<eve@example.org>",
        "(",
        ")",
        "[",
        "]",
        "=?utf-8?q?a?=",
    ),
    *("Ada", "Author: Eve", "%s", "x" * 200, "x" * 10_000),
]
PIECES = st.sampled_from(FRAGMENTS)
SEVERAL = st.lists(PIECES, max_size=6).map("".join)
UNSEEN = st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]).map("Ada{}L".format)
TEXT = st.one_of(PIECES, SEVERAL, PIECES.map("Ada {} L".format), UNSEEN, st.text(st.characters()))
ADDRESSES = st.one_of(
    TEXT,
    PIECES.map("{}@example.org".format),
    PIECES.map("ada@example.org{}".format),
    st.emails(),
    st.text(string.ascii_letters + "!#$%&'*+/=?^_`{|}~.-", max_size=20).map(
        "{}@example.org".format
    ),
)
NAMES = st.one_of(
    TEXT,
    PIECES.map("my-app{}".format),
    st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,3}", fullmatch=True),
    st.text(string.ascii_lowercase + string.digits + "-_.", min_size=1, max_size=42),
    st.sampled_from(sorted(sys.stdlib_module_names)),
)
HOSTILE = {"app_name": NAMES, "description": TEXT, "author_name": TEXT, "author_email": ADDRESSES}


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # to shrink a project takes minutes
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def files(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template without its history, which would be cloned for each render."""
    return shutil.copytree(
        template, tmp_path_factory.mktemp("files") / "template", ignore=lambda *_: [".git"]
    )


@pytest.fixture(scope="module")
def validate(files: Path) -> Validate:
    """Return what a question's validator says to an answer, without a render."""
    envops = yaml.safe_load((files / "copier.yml").read_text())["_envops"]
    env = SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(files),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        **envops | {"undefined": jinja2.StrictUndefined},
    )
    validators = {name: env.from_string(QUESTIONS[name]["validator"]) for name in HOSTILE}
    return lambda question, answer: validators[question].render({question: answer}).strip()


@pytest.fixture
def copy(files: Path, machine: dict[str, str], tmp_path: Path) -> Callable[..., Project]:
    """Render over what was there."""

    def copy(**answers: object) -> Project:
        folder = tmp_path / "app"
        shutil.rmtree(folder, ignore_errors=True)
        copier.run_copy(str(files), folder, data=answers, defaults=True, quiet=True)
        return Project(folder, machine)

    return copy


def texts(project: Project) -> dict[str, str]:
    files = (path for path in project.folder.rglob("*") if path.is_file())
    return {str(path.relative_to(project.folder)): path.read_text() for path in files}


# --- What is accepted, and what the rest is told ---


@pytest.mark.parametrize("question", HOSTILE)
def test_an_answer_is_refused_with_what_to_type_instead_or_can_be_held(
    question: str, validate: Validate, record_property: Callable[[str, object], None]
) -> None:
    """1,000 answers to each of the four questions."""
    accepted, refused = [], []

    @examples(1000)
    @given(HOSTILE[question])
    def check(answer: str) -> None:
        if message := validate(question, answer):
            refused.append(answer)
            assert re.match(r"Type |.*: type another, such as ", message)
            for suggestion in re.findall(r"such as ([\w@.-]*\w(?: [A-Z]\w+)?)", message):
                assert not validate(question, suggestion)
            return
        accepted.append(answer)
        assert len(answer) <= LIMITS[question]
        assert answer == answer.strip()
        assert len(answer.splitlines()) == bool(answer)
        assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(each) for each in answer}
        controls = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        assert not controls & {unicodedata.bidirectional(each) for each in answer}

    check()
    assert len(accepted) + len(refused) >= 1000
    record_property("hostile answers were judged", len(accepted) + len(refused))
    assert min(len(accepted), len(refused)) >= 150


@pytest.mark.parametrize("question", ["description", "author_name"])
def test_words_in_any_script_are_not_refused(question: str, validate: Validate) -> None:
    """300 answers to each."""
    word = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=9)

    @examples(300)
    @given(st.lists(word, min_size=1, max_size=5).map(" ".join))
    def check(answer: str) -> None:
        assert validate(question, answer) == ""

    check()


@pytest.mark.parametrize(
    "description",
    ["<<<<<<< a", ">>>>>>> b", "=======", "<!-- a", "```a", "~~~ a", "# a", "| a", "- a", "[a]: b"],
)
def test_a_description_that_would_be_no_paragraph_of_the_readme_is_refused(
    description: str, validate: Validate
) -> None:
    """`make check` would take the first three for a conflict; HTML and code would go on to the end."""
    assert "Type a sentence" in validate("description", description)


@pytest.mark.parametrize("question", HOSTILE)
def test_a_line_end_does_not_slip_through_behind_an_answer(
    question: str, validate: Validate
) -> None:
    assert not validate(question, HARMLESS[question])
    assert validate(question, HARMLESS[question] + "\n").startswith("Type ")


@pytest.mark.parametrize("question", HOSTILE)
def test_a_refused_answer_leaves_nothing_behind(
    question: str, validate: Validate, files: Path, tmp_path: Path
) -> None:
    """10 answers to each question, typed at copier itself."""

    @examples(10)
    @given(HOSTILE[question].filter(lambda answer: bool(validate(question, answer))))
    def check(answer: str) -> None:
        with pytest.raises(ValueError, match="Validation error") as refusal:
            copier.run_copy(
                str(files), tmp_path / "app", data={question: answer}, defaults=True, quiet=True
            )
        assert validate(question, answer) in str(refusal.value)
        assert list(tmp_path.iterdir()) == []

    check()


# --- What is accepted arrives ---

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
    def check(answers: Answers, kind: str, terms: str) -> None:
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


# --- Whatever is chosen ---

CHOICES = {
    name: [*choices.values()] if isinstance(choices := question["choices"], dict) else choices
    for name, question in QUESTIONS.items()
    if "choices" in question
}
CHOSEN = {
    name: st.lists(st.sampled_from(choices), unique=True)
    if QUESTIONS[name].get("multiselect")
    else st.sampled_from(choices)
    for name, choices in CHOICES.items()
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


# --- Names that would stand in the way ---


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
    assert len(names) > 300
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
    assert found >= {"cp", "dirname", "git", "rm", "sed", "uv"}
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


# --- What is accepted works, and runs nothing ---

WORST: dict[str, dict[str, object]] = {
    "quotes, substitutions and a name that fills the line": {
        "app_name": "a" * 20 + "-" + "z" * 19,
        "description": 'He said "hi" \\ it\'s """ {{ 1 + 1 }} {% raw %} {# $(id) `id` # ünï 🐍 %s $$',
        "author_name": 'Ada "the Countess" Lovelace \\',
        "author_email": "{{7*7}}`id`#%|&@example.org",
    },
    "words of YAML": {
        "app_name": "health",
        "kind": "service",
        "description": "null",
        "author_name": "true",
        "author_email": "",
        "license": "proprietary",
    },
    "other scripts": {
        "app_name": "settings",
        "description": "שלום עליכם \u200f\N{ARABIC LETTER MEEM}\u200f " + "👩‍🔬" * 60,
        "author_name": "عمر الخيّام",
        "license": "BSD-3-Clause",
    },
    "backslashes": {
        "app_name": "x1",
        "kind": "service",
        "description": "\\" * 199 + "n",
        "author_name": "n" + "\\" * 99,
        "author_email": "a@" + "b." * 45 + "example",
    },
}


@pytest.mark.parametrize("answers", WORST.values(), ids=WORST)
def test_the_worst_accepted_answers_pass_make_check(
    answers: dict[str, object], render: Render, native_python: str
) -> None:
    project = render(**answers, python_version=native_python, type_checker="none")
    project.make("start", "check")
    ask = f"import json, importlib.metadata as m; print(json.dumps(m.metadata({answers['app_name']!r}).json))"
    installed = json.loads(project.run(".venv/bin/python", "-c", ask).output)
    assert installed["summary"] == answers["description"]
    assert installed["author"] == answers["author_name"]
    if address := answers.get("author_email"):
        assert installed["author_email"] == f"{answers['author_name']} <{address}>"


INJECTIONS = [
    "$(touch CANARY)",
    "`touch CANARY`",
    "$(shell touch CANARY)",
    '"; touch CANARY; "',
    "'; touch CANARY; '",
    "x; touch CANARY #",
    "x && touch CANARY",
    "x | touch CANARY",
    "x\n\ttouch CANARY",
    "x\nRUN touch CANARY",
    "{{ ''.__class__ }}",
    "{{ cycler.__init__.__globals__.os.system('touch CANARY') }}",
    "{% set x = cycler.__init__.__globals__.os.system('touch CANARY') %}",
    "{% include '/etc/passwd' %}",
    '"""; __import__("os").system("touch CANARY")  # """',
    "!!python/object/apply:os.system ['touch CANARY']",
]


@pytest.mark.parametrize("question", HOSTILE)
def test_no_answer_runs_while_it_is_refused_or_rendered(
    question: str,
    copy: Callable[..., Project],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    rendered = 0
    for injection in INJECTIONS:
        try:
            project = copy(**{question: injection})
        except ValueError:
            continue
        rendered += 1
        project.make("help")
        project.make("--dry-run", "start", "check", "run", "build", "up")
        assert "root:" not in "".join(texts(project).values())
        assert not list(tmp_path.rglob("CANARY"))
    assert rendered >= {"description": 12, "author_name": 4}.get(question, 0)


def test_no_answer_runs_when_the_project_is_used(
    render: Render, native_python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = render(
        app_name="canary-app",
        description="$(touch CANARY) `touch CANARY` ${IFS} \"; touch CANARY; ' && touch CANARY #",
        author_name="`touch CANARY` | touch CANARY",
        author_email="`touch`&touch|{{7*7}}@example.org",
        python_version=native_python,
        type_checker="none",
    )
    project.commit()
    project.make("help")
    project.make("start", "check", "run", "clean")
    assert not [*project.folder.rglob("CANARY"), *tmp_path.rglob("CANARY")]
