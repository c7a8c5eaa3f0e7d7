"""All three layers in one go, for both kinds and for the default and the newest Python."""

from collections.abc import Callable

import pytest

from tests.support.answers import DEFAULT_PYTHON, PYTHONS, UV_VERSION
from tests.support.containers import Containerised, Machine
from tests.support.project import get


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "python"), [("service", DEFAULT_PYTHON), ("cli", PYTHONS[-1])])
def test_check_build_up_down(
    python: str,
    kind: str,
    containerised: Containerised,
    fresh_machine: Callable[[str], Machine],
    port: int,
) -> None:
    name = f"{kind}-{python.replace('.', 'x')}"
    project = containerised(app_name=name, python_version=python, kind=kind)
    builder = f"ghcr.io/astral-sh/uv:{UV_VERSION}-python{python}-trixie-slim"
    fresh_machine(builder).run(project.folder, "make", "start", "check")

    project.write(".env", project.read(".env.example"))
    up = project.make("build", "up", f"PORT={port}")
    if kind == "cli":
        assert up.last_line == "Hello, World!"
    else:
        url = f"http://127.0.0.1:{port}"
        assert up.last_line == f"{name} is up: {url}"
        assert get(url) == {"message": "Hello, World!"}
    project.make("down")
    assert (
        project.run(project.env["ENGINE"], "ps", "--all", "--quiet", f"--filter=name={name}").output
        == ""
    )
