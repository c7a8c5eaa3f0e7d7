"""An existing project, as `uv init` makes it and somebody has gone on, and how this template comes into it."""

from pathlib import Path

from tests.support.project import Project
from tests.support.run import copier_once

SETTINGS = '''\
"""Settings of its own making."""

import os

from pydantic import BaseModel


class Settings(BaseModel):
    """What the environment says."""

    greeting: str


def load() -> Settings:
    """Read it."""
    return Settings(greeting=os.environ.get("GREETING", "Hello"))
'''
SERVICE = '''\
"""A service of its own making."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shop.settings import load


class Handler(BaseHTTPRequestHandler):
    """Answers everything alike."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"message": f"{load().greeting}, World!"}).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Log to standard output."""
        print(format % args, flush=True)


def main() -> None:
    """Serve."""
    host, port = os.environ["BIND_HOST"], int(os.environ["PORT"])
    ThreadingHTTPServer((host, port), Handler).serve_forever()
'''
CLI = '''\
"""A command of its own making."""

from shop.settings import load


def main() -> None:
    """Greet."""
    print(f"{load().greeting}, World!")
'''
TEST = """\
from shop import main


def test_there_is_something_to_run() -> None:
    assert callable(main)
"""
MORE = """
[dependency-groups]
dev = ["mypy", "pytest", "ruff"]

[project.urls]
Source = "https://git.example.org/ada/app"

[tool.uv.build-backend]
module-name = "shop"
"""


def existing_project(
    folder: Path, env: dict[str, str], name: str, kind: str, python: str, native_python: str
) -> Project:
    """Make a project with a package and a dependency of its own, locked with a Python that is here."""
    init = f"uv init --quiet --package --name {name} --python {python} shop"
    Project(folder, env).run(*init.split())
    project = Project(folder / "shop", env)
    package = name.replace("-", "_")
    (project.folder / f"src/{package}").rename(project.folder / "src/shop")
    project.replace("pyproject.toml", f"{package}:main", "shop:main")
    project.replace("pyproject.toml", "dependencies = []", 'dependencies = ["pydantic"]')
    project.write("pyproject.toml", project.read("pyproject.toml") + MORE)
    project.write("src/shop/__init__.py", SERVICE if kind == "service" else CLI)
    project.write("src/shop/settings.py", SETTINGS)
    project.write("tests/test_shop.py", TEST)
    project.write("README.md", "# Shop\n")
    project.replace("pyproject.toml", f">={python}", ">=3.11")
    project.run("uv", "lock", "--quiet", f"--python={native_python}")
    return project


def copy(
    project: Project, template: Path, answers: dict[str, str], *options: str, check: bool = True
) -> str:
    """Copy the template into it; return what that said."""
    data = [f"--data={name}={answer}" for name, answer in answers.items()]
    command = [*copier_once.COMMAND, "copy", "--defaults", *data, *options, str(template), "."]
    return project.run(*command, check=check).output
