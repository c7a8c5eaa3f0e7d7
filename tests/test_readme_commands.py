"""Every block of commands in the template's README and in a rendered one runs as written.

What a test machine can't have is replaced by what stands in for it, and counted.
"""

import os
import re
import ssl
import textwrap
from collections.abc import Callable
from pathlib import Path

from tests.conftest import TEMPLATE, Containerised, Project, Render

Record = Callable[[str, object], None]

README = (TEMPLATE / "README.md").read_text()
# What is written, and what stands in for it.
[ADDRESS] = re.findall(r" (https://github\.com/\S+/run-anywhere) ", README)
STAND_INS = {
    # The network's template, nobody to answer the questions, and a Python that is here.
    f"copy {ADDRESS}": "copy --quiet --defaults --data python_version={python} {template}",
    # A company's authorities and registry.
    "/etc/ssl/company.pem": "{authorities}",
    "registry.example.org/python:": "docker.io/library/python:",
    "UV_IMAGE=...": "UV_IMAGE={uv_image}",
    # The tests, which would run themselves, are only listed.
    "make check\n": "make check ENGINE=none ARGS='-n0 --collect-only --quiet'\n",
}


def blocks(text: str) -> list[str]:
    """The blocks of commands in a page; the one that is TOML is used by `test_a_company_mirror`."""
    found = map(textwrap.dedent, re.findall(r"(?m)(?:^    .*\n)+", text))
    return [block for block in found if not block.startswith("[[")]


def type_in(project: Project, block: str, record_property: Record, **stand_ins: str) -> str:
    """Type a block into a shell, with each stand-in that it needs, and return what was printed."""
    lines = [line for line in block.splitlines() if not line.startswith("#")]
    typed = [f"{line}\n" for line in lines]
    for written, instead in STAND_INS.items():
        typed = [
            line.replace(written, instead.format(**stand_ins)) if written in line else line
            for line in typed
        ]
    same = sum(f"{line}\n" == now for line, now in zip(lines, typed, strict=True))
    record_property("lines of the READMEs run as written", same)
    record_property("lines of the READMEs run with a stand-in", len(lines) - same)
    return project.run("sh", "-ec", "".join(typed)).output


def test_the_first_command_of_the_readme(
    template: Path,
    machine: dict[str, str],
    native_python: str,
    tmp_path: Path,
    record_property: Record,
) -> None:
    newcomer = Project(tmp_path, machine)
    stand_ins = {"template": str(template), "python": native_python}
    said = type_in(newcomer, blocks(README)[0], record_property, **stand_ins)
    assert said.splitlines()[-1] == "Hello, World!"


def test_the_two_commands_for_a_fresh_machine(
    machine: dict[str, str], tmp_path: Path, record_property: Record
) -> None:
    """As where no engine answers; `make check` lists the tests, of which this is one."""
    for engine in ("docker", "podman"):
        (tmp_path / engine).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / engine).chmod(0o755)
    env = {"PATH": f"{tmp_path}{os.pathsep}{machine['PATH']}", "TMPDIR": str(tmp_path)}
    demo, check = blocks(README)[1].splitlines()
    clone = Project(TEMPLATE, machine | env)
    said = type_in(clone, demo, record_property)
    assert said.splitlines()[-1].startswith(f"The demo stands in {tmp_path}/")
    said = type_in(clone, check, record_property)
    assert "test_the_two_commands_for_a_fresh_machine" in said


def test_no_other_command_is_in_the_readme() -> None:
    assert len(blocks(README)) == 2


def test_the_commands_of_a_rendered_readme(
    containerised: Containerised,
    render: Render,
    native_python: str,
    worker_id: str,
    tmp_path: Path,
    record_property: Record,
) -> None:
    """The last build has nothing to fetch, so the proxy that nobody has is named and not asked."""
    name = f"readme-{worker_id}"
    project = containerised(app_name=name, python_version=native_python)
    written = blocks(project.read("README.md"))
    service = render(app_name=name, python_version=native_python, kind="service")
    assert blocks(service.read("README.md")) == written
    project.commit()
    (tmp_path / ".netrc").write_text("machine pypi.example.org login ada password secret\n")
    project.env = project.env | {"HOME": str(tmp_path)}
    [uv_image] = re.findall(r"^ARG UV_IMAGE=(.*)", project.read("Dockerfile"), re.MULTILINE)
    authorities = project.env.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    stand_ins = {"authorities": str(authorities), "uv_image": uv_image}
    said = [type_in(project, block, record_property, **stand_ins) for block in written]
    assert said[0].splitlines()[-1] == "Hello, World!"
    assert said[1].splitlines()[-1] == "Hello, World!"
    assert said[-1].count("\nlargest: ") == len(written[-1].splitlines()) == 4
