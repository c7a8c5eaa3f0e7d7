"""Another day, another machine: the same answers give the same files, and an old clone still works.

The other day comes from libfaketime, the other machine is a container.
"""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.answers import DEFAULT_PYTHON, UV_VERSION
from tests.support.containers import Machine
from tests.support.project import Render, Result

# copier and uv come from PyPI, since libfaketime can't reach into a statically linked program.
IMAGE = f"""\
FROM {{machine}}
RUN apt-get update -q && apt-get install -qy --no-install-recommends faketime
RUN python3 -m venv /opt/tools \\
 && /opt/tools/bin/pip install -q uv=={UV_VERSION} copier=={version("copier")}
ENV PATH=/opt/tools/bin:$PATH
"""
ANSWERS = {"app_name": "old-app", "description": "Grüße, 🐍", "kind": "service"}
RENDER = [
    "copy",
    "--quiet",
    "--defaults",
    *(f"-d{name}={value}" for name, value in ANSWERS.items()),
]
MACHINES: dict[str, dict[str, str]] = {
    "umask": {"umask": "077"},
    "group": {"umask": "002", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"},
    "clock": {"clock": "2031-12-31 23:59:59", "TZ": "America/St_Johns", "LC_ALL": "C"},
    "past": {"clock": "2001-01-01 00:00:01", "umask": "077", "LC_ALL": "C.UTF-8"},
}


@pytest.fixture(scope="module")
def container(
    fresh_machine: Callable[[str], Machine], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Result]:
    """Run a shell script on a machine with uv, copier and libfaketime."""
    machine = fresh_machine(f"python:{DEFAULT_PYTHON}-slim-trixie")
    engine, image = machine.project.env["ENGINE"], f"{machine.image}-faketime"
    folder = tmp_path_factory.mktemp("image")
    (folder / "Dockerfile").write_text(IMAGE.format(machine=machine.image))
    machine.project.run(engine, "build", "--quiet", f"--tag={image}", str(folder))

    def run(script: str, *options: str, arguments: tuple[str, ...] = ()) -> Result:
        user = [f"--user={os.getuid()}:{os.getgid()}", "--env=HOME=/tmp"]
        command = ["run", "--rm", *user, *options, image, "sh", "-euc", script, "sh", *arguments]
        return machine.project.run(engine, *command)

    return run


def digests(folder: Path) -> dict[str, tuple[bool, str]]:
    """What git sees of each file: its name, whether it is executable, and its content."""
    return {
        str(path.relative_to(folder)): (
            bool(path.stat().st_mode & 0o100),
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.sample
@pytest.mark.parametrize("name", MACHINES)
def test_equal_answers_give_equal_files_on_any_day_and_machine(
    name: str,
    template: Path,
    machine: dict[str, str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    def render(folder: Path, umask: str = "022", clock: str = "", **env: str) -> None:
        folder.mkdir()
        arguments = (*RENDER, str(template), str(folder / "app"))
        script = f'umask {umask}; exec copier "$@"'
        if clock:
            container: Callable[..., Result] = request.getfixturevalue("container")
            script = f'umask {umask}; export FAKETIME_FMT="%Y-%m-%d %T"; faketime -f "@{clock}" '
            year = container(
                f'{script} python -c "import time; print(time.localtime().tm_year)" >&2; {script} copier "$@"',
                f"--volume={template}:{template}:ro",
                f"--volume={folder}:{folder}",
                *(f"--env={key}={value}" for key, value in env.items()),
                arguments=arguments,
            )
            assert clock[:4] in year.output.split()
        else:
            (folder / "home").mkdir()
            path = f"{Path(sys.executable).parent}{os.pathsep}{machine['PATH']}"
            subprocess.run(
                ["sh", "-euc", script, "sh", *arguments],
                env=machine | env | {"PATH": path, "HOME": str(folder / "home")},
                check=True,
            )

    render(tmp_path / "here")
    render(tmp_path / "there", **MACHINES[name])
    here = digests(tmp_path / "here/app")
    assert len(here) > 15
    assert digests(tmp_path / "there/app") == here


@pytest.mark.slow
def test_a_clone_of_three_years_ago(
    render: Render, container: Callable[..., Result], tmp_path: Path
) -> None:
    """Without a network, and with a cache that was filled from the lock."""
    project = render()
    (tmp_path / "cache").mkdir()
    copy = "cp -r /clone /tmp/clone; cd /tmp/clone"
    installed = "echo ---; uv pip freeze; cat $(ls .venv/lib/*/site-packages/*.dist-info/RECORD | grep -v my_app) | sha256sum"
    volumes = [f"--volume={project.folder}:/clone:ro", f"--volume={tmp_path}/cache:/cache"]
    options = [*volumes, "--env=UV_CACHE_DIR=/cache"]
    first = container(f"{copy}; make install; {installed}", *options)
    later = container(
        f"{copy}; export FAKETIME=+3y LD_PRELOAD=$(faketime -f +3y sh -c 'echo $LD_PRELOAD'); "
        f"make install check sbom; {installed}; grep timestamp *.cdx.json",
        *options,
        "--network=none",
    )
    before, after = (result.output.split("---\n")[-1].splitlines() for result in (first, later))
    assert len(before) > 20
    assert after[: len(before)] == before
    # uv itself reads the clock that was moved.
    stamp = re.findall(r'"timestamp": "(\d{4})-', after[-1])
    assert stamp == [str(time.localtime().tm_year + 3)]
