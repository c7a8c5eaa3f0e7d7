"""The questions of copier.yml, and the answers that the tests render: the default, the oddest, and everything."""

from importlib.metadata import version
from typing import Any

from docs.pictures.tables import asked_of_a_new_project
from tests.support.machines.here import ROOT

TEMPLATE = ROOT
QUESTIONS: dict[str, Any] = asked_of_a_new_project()
PYTHONS: list[str] = QUESTIONS["python_version"]["choices"]
DEFAULT_PYTHON: str = QUESTIONS["python_version"]["default"]
UV_VERSION = version("uv")


def choices(question: str) -> list[str]:
    """Return the values of a question's choices."""
    offered = QUESTIONS[question]["choices"]
    return list(offered.values() if isinstance(offered, dict) else offered)


HOSTILE = 'He said "hi" \\ it\'s {{ 1 + 1 }} $(touch canary) `touch canary` # ünï 🐍'
ODD: dict[str, object] = {
    "app_name": "zz-top",
    "description": HOSTILE,
    "author_name": 'Ada "the Countess" Lovelace \\',
    "author_email": "ada+x@example.org",
    "kind": "service",
    "type_checker": "none",
    "dev_tools": ["hooks"],
    "ci": [],
    "bot": "dependabot",
    "license": "proprietary",
}
EVERYTHING: dict[str, object] = {
    "kind": "service",
    "type_checker": "basedpyright",
    "bot": "renovate",
    "deploy": "kubernetes",
    "license": "Apache-2.0",
    **{name: choices(name) for name, asked in QUESTIONS.items() if asked.get("multiselect")},
}
ANSWERS: dict[str, dict[str, object]] = {"default": {}, "odd": ODD, "everything": EVERYTHING}
