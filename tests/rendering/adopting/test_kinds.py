"""Existing projects of each kind in docs/adopting.md: the template comes in, and everything works."""

import json
import re
from pathlib import Path

import pytest

from tests.rendering.adopting.conftest import Existing, bring
from tests.rendering.adopting.kinds import KINDS
from tests.support.answers import TEMPLATE
from tests.support.containers import Containerised
from tests.support.project import get_text, serving

TABLE = re.findall(r"^\| `([a-z.]+)` \|", (TEMPLATE / "docs/adopting.md").read_text(), re.MULTILINE)


def test_the_table_has_each_kind() -> None:
    assert list(KINDS) == TABLE


@pytest.mark.sample
@pytest.mark.parametrize("name", KINDS)
def test_start_check_run(
    name: str, existing: Existing, template: Path, native_python: str, port: int
) -> None:
    kind = KINDS[name]
    project = bring(name, existing(name), template, native_python)
    make = kind.make.split()[1:]
    checked = project.make(*make, "start", "check")
    assert checked.last_line == f"passed: {kind.checks}"
    if kind.service:
        with serving(project, port) as url:
            assert get_text(url) == kind.says
    else:
        assert project.make(*make, "run").last_line == kind.says


IMAGES = [name for name, kind in KINDS.items() if kind.image or kind.service]


@pytest.mark.sample
@pytest.mark.parametrize("name", IMAGES)
def test_build_up(
    name: str,
    existing: Existing,
    containerised: Containerised,
    template: Path,
    native_python: str,
    port: int,
    worker_id: str,
) -> None:
    kind, image = KINDS[name], f"{name.replace('.', '-')}-{worker_id}"
    env = containerised(app_name=image, python_version=native_python).env
    project = existing(name)
    project.env = env | {"UV_PYTHON": native_python}
    bring(name, project, template, native_python)
    makefile = "app.mk" if "app.mk" in kind.make else "Makefile"
    project.replace(makefile, "APP := shop\n", f"APP := {image}\n")
    # The official builder image has Python's headers, Debian's own Python has them in a package.
    dockerfile = project.read("Dockerfile")
    project.write("Dockerfile", dockerfile.replace('"g++"', '"g++ libpython3-dev"'))
    make = kind.make.split()[1:]
    project.make(*make, "start", "build")
    if kind.service:
        project.make(*make, "up", f"PORT={port}")
        assert get_text(f"http://127.0.0.1:{port}") == kind.says
        project.make(*make, "down")
    else:
        assert project.make(*make, "up").last_line == kind.says
    if name in ("data", "requirements"):  # a package, and none
        assert "both are the same" in project.make(*make, "verify").output
    user = "python -c 'import getpass; print(getpass.getuser())' && echo $VIRTUAL_ENV"
    held = project.make(
        *make, "shell", stdin=f"cd /app/lib/python*/site-packages && find . -type f; {user}"
    ).output
    assert held.splitlines()[-2:] == ["app", "/app"], "some programs want to know who runs them"
    assert [file for file in kind.image if f"./{file}\n" not in held] == []
    assert [file for file in kind.lacks if f"./{file}/" in held] == []
    [inspected] = json.loads(project.run(env["ENGINE"], "image", "inspect", image).output)
    licensed = 'license = "BSD-2-Clause"' in project.read("pyproject.toml")
    said = inspected["Config"]["Labels"].get("org.opencontainers.image.licenses")
    assert said == ("BSD-2-Clause" if licensed else None), "the project's, and no other"
