"""Every block of commands in a rendered README and in the handbook of the commands runs as written.

What a test machine can't have is replaced by what stands in for it, and counted. The handbook's files,
volumes and networks are in `test_handbook_examples.py`.
"""

import re
import ssl
import sys
from pathlib import Path

import pytest

from tests.containers.conftest import inside, inspect, run_engine
from tests.support.containers import Containerised
from tests.support.machines.here import write_script
from tests.support.project import Project, Render, get
from tests.support.reading.pages import Record, blocks, listings, sections, type_in


@pytest.fixture
def project(
    containerised: Containerised,
    native_python: str,
    plain_http: dict[str, str],
    worker_id: str,
    tmp_path: Path,
) -> Project:
    """A command-line application for Kubernetes, with one commit, and a kubectl that reaches no cluster."""
    name = f"handbook-{worker_id}"
    project = containerised(app_name=name, python_version=native_python, deploy="kubernetes")
    write_script(tmp_path / "kubectl", "#!/bin/sh\ncat\n")
    project.env = project.env | plain_http | {"PATH": f"{tmp_path}:{project.env['PATH']}"}
    project.commit()
    return project


def test_the_commands_of_a_rendered_readme(
    project: Project,
    registry: str,
    render: Render,
    native_python: str,
    worker_id: str,
    record_property: Record,
) -> None:
    written = blocks(project.read("README.md"))
    answers = {"app_name": f"handbook-{worker_id}", "python_version": native_python}
    service = render(kind="service", deploy="kubernetes", **answers)
    assert blocks(service.read("README.md"))[:2] == written[:2]
    # Docker's line, whichever engine is here.
    stand_ins = {"registry.example.org": registry, "docker run": f"{project.env['ENGINE']} run"}
    start, _, run = (type_in(project, block, record_property, stand_ins) for block in written)
    assert start.splitlines()[-1] == run.splitlines()[-1] == "Hello, World!"
    pushed = f"me/{answers['app_name']}"
    assert get(f"http://{registry}/v2/{pushed}/tags/list") == {"name": pushed, "tags": ["1.0"]}
    run_engine(project, "image", "rm", f"{registry}/{pushed}:1.0")


@pytest.mark.any_engine
def test_the_commands_of_the_handbook(
    project: Project, tmp_path: Path, record_property: Record
) -> None:
    """The later builds have nothing to fetch, so the proxy that nobody has is named and not asked."""
    (tmp_path / ".netrc").write_text("machine pypi.example.org login ada password secret\n")
    project.env = project.env | {"HOME": str(tmp_path)}
    uv_image, python_image = re.findall(r"(?m)^ARG \w+_IMAGE=(.*)", project.read("Dockerfile"))
    authorities = project.env.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    stand_ins = {
        "/etc/ssl/company.pem": str(authorities),
        "registry.example.org/uv:...": uv_image,
        "registry.example.org/python:...": python_image,
        "uvx copier": f"{sys.executable} -m copier",
    }
    parts = sections(project.read("make/README.md"), 2)
    del parts["Files, volumes and networks"]
    project.write("make/audit", "exit\n")
    assert project.run("sh", "make/changed").output == "make/audit\n"
    written = [block for part in parts.values() for block in blocks(part)]
    said = [type_in(project, block, record_property, stand_ins) for block in written]
    assert "".join(said).count("\nlargest: ") == 3
    assert project.git("status", "--porcelain").output == ""


@pytest.mark.any_engine
def test_the_lines_of_ones_own_in_the_handbook(project: Project) -> None:
    [lines] = listings(project.read("make/README.md"), "makefile")
    project.write("Makefile", f"{project.read('Makefile')}\n{lines}")
    assert "  console   Open Python with the application's packages\n" in project.make().output
    assert project.make("console", stdin="print(6 * 7)\n").last_line == "42"
    *_, last, passed = project.make("--dry-run", "check").output.splitlines()
    assert last == "sh make/audit "
    assert passed.endswith(' test audit"')
    project.make(".env", "build")
    assert inspect(project)["Config"]["Labels"]["team"] == "shop"
    limit = "cd /sys/fs/cgroup && cat memory.max memory/memory.limit_in_bytes 2>/dev/null\n"
    assert str(512 * 1024**2) in inside(project, f"{limit}true\n")
