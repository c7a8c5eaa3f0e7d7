"""uv in CI: no other file than that whose checksum was published for its version."""

import hashlib
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.platforms.ci.platforms import PLATFORMS, jobs
from tests.support.answers import TEMPLATE, UV_VERSION
from tests.support.project import Project, Render

REQUIREMENTS = ".ci/uv-requirements.txt"
WITH_PIP = ("azure", "jenkins")


def test_pip_is_given_the_checksums_of_the_lock(everywhere: Project) -> None:
    packages = tomllib.loads((TEMPLATE / "uv.lock").read_text())["package"]
    [wheels] = [package["wheels"] for package in packages if package["name"] == "uv"]
    given = everywhere.read(REQUIREMENTS)
    assert f"\nuv=={UV_VERSION} \\\n" in given
    assert re.findall(r"--hash=(\S+)", given) == [wheel["hash"] for wheel in wheels]


def wheel(folder: Path) -> str:
    """Make a wheel that has uv's name and version, and return its checksum."""
    folder.mkdir()
    path = folder / f"uv-{UV_VERSION}-py3-none-any.whl"
    about = f"uv-{UV_VERSION}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"uv-{UV_VERSION}.data/scripts/uv", "#!/bin/sh\necho other\n")
        archive.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: uv\nVersion: {UV_VERSION}\n"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.sample
@pytest.mark.parametrize("platform", WITH_PIP)
def test_another_uv_of_the_same_version_ends_the_job(
    render: Render, platform: str, tmp_path: Path
) -> None:
    project = render(ci=[platform])
    checksum = wheel(tmp_path / "index")
    project.run("uv", "venv", "--quiet", "--seed", f"--python={sys.executable}", f"{tmp_path}/venv")
    project.env = project.env | {
        "PATH": f"{tmp_path}/venv/bin:{project.env['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "index"),
        "AGENT_TEMPDIRECTORY": str(tmp_path / "agent"),
        "WORKSPACE_TMP": str(tmp_path / "agent"),
    }
    # Azure's shell goes on after a command that fails.
    set_up = ["bash", "-c", jobs(project, platform)["check"][0]]
    refused = project.run(*set_up, check=False)
    assert refused.code
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.output
    assert "prependpath" not in refused.output
    assert not (tmp_path / "agent/uv/bin/uv").exists()
    project.replace(REQUIREMENTS, " \\\n", f" --hash=sha256:{checksum} \\\n")
    installed = project.run(*set_up)
    assert (tmp_path / "agent/uv/bin/uv").exists()
    if platform == "azure":
        assert f"##vso[task.prependpath]{tmp_path}/agent/uv/bin" in installed.output


def test_setup_uv_is_given_the_checksums_that_astral_publishes(everywhere: Project) -> None:
    """Without this file, setup-uv compares only the versions that are older than itself."""
    texts = [path.read_text() for path in TEMPLATE.glob(".github/workflows/*.yml")]
    texts += [everywhere.read(PLATFORMS[platform]) for platform in ("forgejo", "github")]
    steps = [
        step["with"]
        for text in texts
        for job in yaml.safe_load(text)["jobs"].values()
        for step in job["steps"]
        if "setup-uv@" in step.get("uses", "")
    ]
    assert len(steps) == len(texts)
    for given in steps:
        assert given["manifest-file"] == (
            "https://raw.githubusercontent.com/astral-sh/versions/main/v1/uv.ndjson"
        )
