"""Layer 2: the commands of a rendered project, typed natively on this machine."""

import json
import re
import shutil
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from tests.conftest import PYTHONS, Project, Render, doctor, get, serving
from tests.machine import busybox, with_little


def packages(project: Project) -> set[str]:
    listed = project.run("uv", "pip", "list", "--format=json", "--quiet").output
    return {package["name"] for package in json.loads(listed)}


def targets(project: Project) -> list[str]:
    """The targets that the help shows."""
    return re.findall(r"^  ([a-z]+) ", project.make().output, re.MULTILINE)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("kind", ["cli", "service"])
def test_start_check_run_on_a_machine_with_little(
    python: str,
    kind: str,
    render: Render,
    has_python: Callable[[str], bool],
    port: int,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """A space in the path, no git repository, no command `python`; Alpine's shell and utilities, -j8."""
    if not has_python(python):
        pytest.skip(f"Python {python} is not on this machine and can't be fetched")
    rendered = render(python_version=python, kind=kind)
    folder = shutil.copytree(rendered.folder, tmp_path / "a folder")
    path = with_little(tmp_path / "bin", python)
    project = Project(folder, rendered.env | {"PATH": path})
    shell = f"SHELL={shutil.which('sh', path=path)}"
    assert not [name for name in ("python", "python3") if shutil.which(name, path=path)]
    assert "fatal: not a git repository" in project.run("git", "status", check=False).output
    if kind == "cli":
        said = project.make("start", "check", "run", shell, MAKEFLAGS="-j8")
        assert said.last_line == "Hello, World!"
        assert "\npassed: lint types test\nHello" in said.output
        assert "\x1b" not in said.output
    else:
        project.make("start", "check", shell)
        with serving(project, port, shell) as url:
            assert get(url) == {"message": "Hello, World!"}
            assert get(f"{url}/healthz") == {"status": "ok"}
    found = doctor(project, shell)
    assert {found[row][0] for row in ("make", "uv", "python", "lock", ".env")} == {"ok"}
    record_property("projects were used with the utilities of Alpine", bool(busybox()))


@pytest.mark.parametrize("checker", ["basedpyright", "ty", "pyrefly", "none"])
@pytest.mark.parametrize("kind", ["cli", "service"])
def test_check_passes_with_every_type_checker(
    checker: str, kind: str, render: Render, native_python: str
) -> None:
    """The default, mypy, is in the test above."""
    project = render(python_version=native_python, kind=kind, type_checker=checker)
    project.make("start", "check")
    assert ("types" in targets(project)) == (checker != "none")


def test_install_without_development_tools(project: Project) -> None:
    project.make("install")
    everything = packages(project)
    assert {"pytest", "ruff", "mypy", "typer", "my-app"} <= everything
    project.make("install", "DEV=0")
    production = packages(project)
    assert {"typer", "pydantic-settings", "my-app"} <= production
    assert not {"pytest", "ruff", "mypy", "coverage"} & production


def test_run_passes_arguments_and_exit_codes(project: Project) -> None:
    assert project.make("start").last_line == "ready; next: make check run"
    assert project.make("run", "ARGS=Ada").last_line == "Hello, Ada!"
    refused = project.make("run", "ARGS=--unknown", check=False)
    assert refused.code
    assert "Error 2" in refused.output


def test_start_keeps_an_env_file_that_is_there(project: Project) -> None:
    project.write(".env", "GREETING=Ahoy\n")
    assert project.make("start", "run").last_line == "Ahoy, World!"
    assert project.read(".env") == "GREETING=Ahoy\n"


def test_the_env_file_moves_the_port(render: Render, native_python: str, port: int) -> None:
    project = render(python_version=native_python, kind="service")
    project.write(".env", f"GREETING=Ahoy\nPORT={port}\n")
    project.make("install")
    with serving(project, port) as url:
        assert get(url) == {"message": "Ahoy, World!"}


@pytest.mark.parametrize(
    ("target", "path", "old", "new", "shown"),
    [
        ("lint", "src/my_app/cli.py", "import logging", "import os", "Undefined name `logging`"),
        ("lint", "src/my_app/cli.py", "app = typer", "app  =  typer", "would be reformatted"),
        ("types", "src/my_app/cli.py", "-> None", "-> int", "Missing return"),
        ("test", "src/my_app/cli.py", "{name}!", "{name}?", "2 failed"),
        (
            "needs-merged",
            "README.md",
            "# my-app",
            "<<<<<<< before updating\n# my-app",
            "README.md:1:",
        ),
    ],
)
def test_check_and_its_parts_fail_where_they_should(
    project: Project, target: str, path: str, old: str, new: str, shown: str
) -> None:
    project.make("start", target)
    project.replace(path, old, new)
    for command in (target, "check"):
        result = project.make(command, check=False)
        assert result.code
        assert shown in result.output or command == "check"


def test_tests_that_cover_too_little_fail_the_check(project: Project) -> None:
    project.make("start")
    (project.folder / "tests/test_settings.py").unlink()
    (project.folder / "tests/test_cli.py").unlink()
    project.write("tests/test_nothing.py", "def test_nothing() -> None: ...\n")
    result = project.make("test", check=False)
    assert result.code
    assert "Coverage failure" in result.output


def test_format_fixes_what_lint_reports(project: Project) -> None:
    project.make("install")
    before = project.read("src/my_app/cli.py")
    project.replace("src/my_app/cli.py", "import logging\n", "import logging\nimport  os\n")
    assert project.make("lint", check=False).code
    project.make("format", "lint")
    assert project.read("src/my_app/cli.py") == before


def test_lock_follows_pyproject(project: Project) -> None:
    project.replace("pyproject.toml", '"pydantic-settings",', '"httpx",\n    "pydantic-settings",')
    project.make("lock", "install")
    assert "httpx" in packages(project)


def test_upgrade_moves_the_versions_and_keeps_the_lock_up_to_date(project: Project) -> None:
    born = project.read("uv.lock")
    project.run("uv", "lock", "--upgrade-package=typer==0.20.0")
    assert project.read("uv.lock") != born
    project.make("upgrade", "install")
    assert 'name = "typer"\nversion = "0.20.0"' not in project.read("uv.lock")


class Database(BaseHTTPRequestHandler):
    """A database in the way of osv.dev, in which one version of typer has a vulnerability."""

    found: ClassVar[dict[str, object]] = {
        "id": "GHSA-0000-0000-0000",
        "modified": "2026-01-01T00:00:00Z",
        "summary": "It greets too loudly",
    }

    def do_POST(self) -> None:
        """Answer which packages have vulnerabilities, in their order."""
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        names = [query["package"]["name"] for query in queries]
        self.send({"results": [{"vulns": [self.found]} if n == "typer" else {} for n in names]})

    def do_GET(self) -> None:
        """Answer what is known of a vulnerability."""
        self.send(self.found)

    def send(self, answer: dict[str, object]) -> None:
        """Send JSON."""
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_audit_says_what_it_found(project: Project) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Database) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"--service-url=http://127.0.0.1:{server.server_port}/"
        found = project.make("audit", f"ARGS={address}", check=False)
        ignored = project.make("audit", f"ARGS={address} --ignore=GHSA-0000-0000-0000")
        server.shutdown()
    assert found.code
    assert "GHSA-0000-0000-0000" in found.output
    assert "nothing is known" not in found.output
    assert "no known vulnerabilities" in ignored.output


def test_audit_without_a_network_does_not_pretend(project: Project) -> None:
    offline = project.make("audit", check=False, UV_OFFLINE="1")
    unreachable = project.make("audit", "ARGS=--service-url=http://127.0.0.1:9/", check=False)
    for result in (offline, unreachable):
        assert result.code
        assert result.last_line.startswith("nothing is known about them: the audit itself failed")
        assert result.last_line.endswith("again with a network: make audit")


def test_sbom_lists_what_production_installs(project: Project) -> None:
    project.make("sbom")
    bom = json.loads(project.read("my-app.cdx.json"))
    names = {component["name"] for component in bom["components"]}
    assert bom["bomFormat"] == "CycloneDX"
    assert "typer" in names
    assert not {"pytest", "ruff", "mypy"} & names


def test_clean_removes_what_the_commands_made(project: Project) -> None:
    project.commit()
    project.make("start", "check", "sbom", "clean")
    left = project.run("git", "status", "--short", "--ignored").output.split()
    assert {name for name in left if "pycache" not in name} == {
        "!!",
        ".env",
        "src/",
        "tests/",
    } & set(left)


@pytest.fixture
def hooked(render: Render, native_python: str) -> Project:
    """A repository in which `make start` has installed the hooks."""
    project = render(python_version=native_python, dev_tools=["hooks"])
    assert "git init" in project.make("start").output
    project.commit()
    project.make("start")
    return project


def test_hooks_keep_a_mistake_out_of_a_commit(hooked: Project) -> None:
    hooked.replace("src/my_app/cli.py", "import logging", "import logging, os")
    refused = hooked.run("git", "commit", "--all", "--message=mistake", check=False)
    assert refused.code
    assert "make lint" in refused.output
    hooked.make("format")
    hooked.write("NEWS", "better\n")
    hooked.git("add", "--all")
    hooked.git("commit", "--message=fixed")


def test_hooks_keep_a_failing_check_from_being_pushed(hooked: Project, tmp_path: Path) -> None:
    hooked.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    hooked.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    hooked.git("push", "--quiet", "origin", "main")
    hooked.replace("src/my_app/cli.py", "{name}!", "{name}?")
    hooked.git("commit", "--quiet", "--all", "--message=well formatted, and wrong")
    refused = hooked.run("git", "push", "origin", "main", check=False)
    assert refused.code
    assert "make check" in refused.output
    assert "2 failed" in refused.output
