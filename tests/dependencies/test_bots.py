"""The bots: each knows what a project has locked and pinned."""

import json
import os
import re
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from tests.support.answers import DEFAULT_PYTHON, EVERYTHING, UV_VERSION
from tests.support.project import Project, Render, npx
from tests.support.run.left_out import leave_out

HEX = "0123456789abcdef" * 4


@pytest.fixture
def renovated(render: Render) -> Project:
    """A project of every kind of file, with Renovate."""
    return render(**EVERYTHING)


def test_renovate_reads_the_requirements_that_ci_installs_uv_from(renovated: Project) -> None:
    """Its manager for pip moves the version and the checksums."""
    pattern = r"(^|/)[\w-]*requirements([-.]\w+)?\.(txt|pip)$"
    files = (str(path.relative_to(renovated.folder)) for path in renovated.folder.rglob("*"))
    [found] = [name for name in files if re.search(pattern, name)]
    assert re.search(rf"^uv=={UV_VERSION} \\$", renovated.read(found), re.MULTILINE)


@pytest.mark.parametrize("ci", [["github"], ["gitlab"]])
def test_dependabot_reads_the_lock_and_the_actions_that_are_there(
    render: Render, ci: list[str]
) -> None:
    updates = yaml.safe_load(render(ci=ci, bot="dependabot").read(".github/dependabot.yml"))[
        "updates"
    ]
    ecosystems = [each["package-ecosystem"] for each in updates]
    assert ecosystems == ["uv", "github-actions"][: 1 + ("github" in ci)]
    # pyproject.toml keeps its bare names, and uv_build stays of the version of uv in the image.
    assert updates[0]["versioning-strategy"] == "lockfile-only"
    [ignored] = updates[0]["ignore"]
    assert fnmatch("uv_build", ignored["dependency-name"])
    assert fnmatch("uv-build", ignored["dependency-name"])
    assert not fnmatch("uvicorn", ignored["dependency-name"])


def test_renovate_itself_finds_all_that_is_locked_and_pinned(renovated: Project) -> None:
    if not os.environ.get("RENOVATE"):
        leave_out("Renovate itself, 550 MB from npm, was not asked", "RENOVATE=1 make check")
    # As `make pin` leaves the Dockerfile.
    renovated.write(
        "Dockerfile",
        re.sub(
            r"^(ARG \w+_IMAGE=[^@\n]+).*$",
            rf"\1@sha256:{HEX}",
            renovated.read("Dockerfile"),
            flags=re.MULTILINE,
        ),
    )
    renovated.replace(
        ".copier-answers.yml",
        yaml.safe_load(renovated.read(".copier-answers.yml"))["_src_path"],
        "https://example.org/template.git",
    )
    renovated.commit()
    logged = npx(
        renovated, "renovate@44.121.2", "--platform=local", "--dry-run=extract",
        LOG_LEVEL="debug", LOG_FORMAT="json", RENOVATE_ONBOARDING="false",
    ).output  # fmt: skip
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in logged.splitlines() if line[0] == "{"
    ]
    [extracted] = [line["packageFiles"] for line in lines if "packageFiles" in line]
    found = {
        (file["packageFile"], dep["depName"], dep["currentValue"])
        for files in extracted.values()
        for file in files
        for dep in file["deps"]
        if "currentValue" in dep
    }
    images = {
        (file["packageFile"], dep["depName"], dep["currentDigest"])
        for file in extracted["dockerfile"]
        for dep in file["deps"]
        if "currentDigest" in dep
    }
    builder = f"{UV_VERSION}-python{DEFAULT_PYTHON}-trixie-slim"
    uv = "ghcr.io/astral-sh/uv"
    assert images == {("Dockerfile", name, f"sha256:{HEX}") for name in (uv, "python")}
    assert found >= {
        (".ci/uv-requirements.txt", "uv", f"=={UV_VERSION}"),
        (".circleci/config.yml", uv, builder),
        (".copier-answers.yml", "https://example.org/template.git", "v999.0.0"),
        (".devcontainer/devcontainer.json", uv, builder),
        (".gitea/workflows/ci.yml", "astral-sh/uv", UV_VERSION),
        (".github/workflows/ci.yml", "astral-sh/uv", UV_VERSION),
        (".gitlab-ci.yml", uv, builder),
        (".python-version", "python", DEFAULT_PYTHON),
        ("Dockerfile", uv, builder),
        ("Dockerfile", "python", f"{DEFAULT_PYTHON}-slim-trixie"),
        ("bitbucket-pipelines.yml", uv, builder),
        ("pyproject.toml", "uv_build", f"=={UV_VERSION}"),
    }
    locked = [dep for file in extracted["pep621"] for dep in file["deps"] if "lockedVersion" in dep]
    assert {"fastapi", "pytest"} <= {dep["depName"] for dep in locked}
