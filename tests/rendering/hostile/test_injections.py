"""What is accepted works, and runs nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rendering.hostile.answers import HOSTILE
from tests.support.project import Project, Render, texts

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


@pytest.mark.sample
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
