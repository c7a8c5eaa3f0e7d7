"""`copier copy` into an existing uv project: it brings what goes around it, and overwrites nothing."""

import re
import sys
from pathlib import Path

import pytest

from tests.conftest import Containerised, Project, get

SERVICE = '''\
"""A service of its own making."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import humanize


class Handler(BaseHTTPRequestHandler):
    """Answers everything alike."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"items": humanize.intword(1_000_000)}).encode())


def main() -> None:
    """Serve."""
    host, port = os.environ["BIND_HOST"], int(os.environ["PORT"])
    ThreadingHTTPServer((host, port), Handler).serve_forever()
'''
CLI = '''\
"""A command of its own making."""

import humanize


def main() -> None:
    """Say how many."""
    print(humanize.intword(1_000_000), "items")
'''
TEST = """\
from shop import main


def test_there_is_something_to_run() -> None:
    assert callable(main)
"""


@pytest.fixture(params=["cli", "service"])
def kind(request: pytest.FixtureRequest) -> str:
    """What the existing project is."""
    return str(request.param)


@pytest.fixture
def existing(
    kind: str, containerised: Containerised, native_python: str, tmp_path: Path
) -> Project:
    """A project as `uv init` makes it, with a package and a dependency of its own."""
    env = containerised(app_name=f"shop-{kind}", python_version=native_python).env
    Project(tmp_path, env).run(
        *f"uv init --quiet --package --name shop-{kind} --python {native_python} shop".split()
    )
    project = Project(tmp_path / "shop", env)
    (project.folder / f"src/shop_{kind}").rename(project.folder / "src/shop")
    project.replace("pyproject.toml", f"shop_{kind}:main", "shop:main")
    module = '\n[tool.uv.build-backend]\nmodule-name = "shop"\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + module)
    project.write("src/shop/__init__.py", SERVICE if kind == "service" else CLI)
    project.write("tests/test_shop.py", TEST)
    project.write("README.md", "# Shop\n")
    project.run("uv", "add", "--quiet", "humanize")
    project.commit()
    return project


def test_an_existing_project_gets_its_commands_and_its_image(
    existing: Project, kind: str, template: Path, native_python: str, port: int
) -> None:
    before = {name: existing.read(name) for name in existing.git("ls-files").output.split()}
    answers = (
        f"-d app_name=shop-{kind} -d kind={kind} -d python_version={native_python} -d ci=[gitlab]"
    )
    copy = [sys.executable, "-m", "copier", "copy", "--defaults", *answers.split()]
    said = existing.run(*copy, str(template), ".").output

    assert {name: existing.read(name) for name in before} == before
    brought = set(existing.git("ls-files", "--others", "--exclude-standard").output.split())
    assert brought == {
        ".copier-answers.yml", ".dockerignore", ".editorconfig", ".env.example", ".gitlab-ci.yml",
        "Dockerfile", "Makefile", *(["src/shop_service/health.py"] if kind == "service" else []),
    }  # fmt: skip

    # What it says to add by hand is enough.
    [tools] = re.findall(r"^ +(uv add --dev .*)$", said, re.MULTILINE)
    existing.run(*tools.split(), "--quiet")
    assert "in .gitignore: .env" in said
    existing.write(".gitignore", existing.read(".gitignore") + ".env\n")
    if kind == "service":
        assert "src/shop_service/health.py" in said
        (existing.folder / "src/shop_service/health.py").rename(
            existing.folder / "src/shop/health.py"
        )
        for path in ("Makefile", "Dockerfile"):
            existing.replace(path, "shop_service.health", "shop.health")
    [commands] = re.findall(r"Then: make (.*)$", said, re.MULTILINE)
    done = existing.make(*commands.split(), f"PORT={port}")
    if kind == "service":
        assert get(f"http://127.0.0.1:{port}") == {"items": "1.0 million"}
        existing.make("down")
    else:
        assert done.last_line == "1.0 million items"


def test_an_adopted_project_is_updated_like_any_other(
    existing: Project, kind: str, history: Project, native_python: str
) -> None:
    answers = f"-d app_name=shop-{kind} -d kind={kind} -d python_version={native_python}"
    copy = [sys.executable, "-m", "copier", "copy", "--defaults", *answers.split()]
    own = existing.git("ls-files").output.split()
    existing.run(*copy, "--vcs-ref=v0.1.0", str(history.folder), ".")
    existing.commit()
    before = {name: existing.read(name) for name in existing.git("ls-files").output.split()}
    existing.make("update", COPIER=f"{sys.executable} -m copier")
    assert {name: existing.read(name) for name in own} == {name: before[name] for name in own}
    assert existing.git("ls-files", "--others", "--exclude-standard").output == ""
    changed = existing.git("diff", "--name-only").output.split()
    assert {"Makefile", "Dockerfile", ".copier-answers.yml"} <= set(changed)
