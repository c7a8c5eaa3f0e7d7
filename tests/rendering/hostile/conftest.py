"""The template as a judge of answers: its validators alone, and renders over what was there."""

import shutil
from collections.abc import Callable
from pathlib import Path

import copier
import jinja2
import pytest
import yaml
from jinja2.sandbox import SandboxedEnvironment

from tests.rendering.hostile.answers import HOSTILE
from tests.support.answers import QUESTIONS
from tests.support.project import Project

Validate = Callable[[str, str], str]


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
