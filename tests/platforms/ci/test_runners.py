"""The files as they stand, run whole: by runners where there is one, else by their steps in order."""

import os
import re
from collections.abc import Iterator

import pytest

from tests.platforms.ci.platforms import PLATFORMS
from tests.platforms.ci.runners import REGISTRY, STEPS, Runners, runners
from tests.support.answers import DEFAULT_PYTHON, EVERYTHING
from tests.support.containers import Containerised
from tests.support.engine import Engine
from tests.support.network.registry import PASSWORD, ask
from tests.support.project import Result
from tests.support.run.left_out import leave_out

RUN = [platform for platform in PLATFORMS if platform not in STEPS]
REGISTRIES = {"github": "ghcr.io", "forgejo": "forge.example.org"}
every_platform = pytest.mark.parametrize("platform", PLATFORMS)


@pytest.fixture(scope="module")
def ci_machine(
    engine: Engine, containerised: Containerised, worker_id: str
) -> Iterator[tuple[Runners, str]]:
    """The machine of the runners, and the address of its registry."""
    if not os.environ.get("RUNNERS"):
        leave_out(
            "the runners of CI, 20 minutes, were not asked", "RUNNERS=1 make check ENGINE=docker"
        )
    if engine.name != "docker":
        leave_out("CI files log in with Docker", "RUNNERS=1 make check ENGINE=docker")
    project = containerised(**EVERYTHING, app_name="my-app", python_version=DEFAULT_PYTHON)
    if "rootless" in project.run("docker", "info").output:
        leave_out("engines inside a rootless one need root", "start Docker as root")
    project.commit()
    project.git("tag", "1.2.3")
    # Beside it is one that ends soon: it neither checks, nor builds, nor starts anything.
    project.git("switch", "--quiet", "--create", "light")
    for script in ("size", "container"):
        project.write(f"make/{script}", "exit\n")
    project.write("make/build", "sh make/commit >/dev/null\n")
    project.write(
        "Makefile",
        re.sub(r"^(start|check):.*", r"\1: .env", project.read("Makefile"), flags=re.MULTILINE),
    )
    project.git("commit", "--quiet", "--all", "--message=light")
    project.git("switch", "--quiet", "main")
    with runners(project, f"runners-{worker_id}") as started:
        yield started


@pytest.fixture(scope="module")
def runs(ci_machine: tuple[Runners, str]) -> dict[str, str]:
    """What each platform printed, from the checkout to the push."""
    here, _ = ci_machine
    said = {platform: here.pipeline(platform).output for platform in RUN}
    for platform in STEPS:
        check = here.steps(platform, "check").output
        said[platform] = check + here.steps(platform, "push").output
    return said


def image(platform: str) -> str:
    """The image that a platform pushes."""
    return f"{REGISTRIES.get(platform, REGISTRY)}/team/{platform}"


def test_all_platforms_push_one_digest_that_of_make_build(
    ci_machine: tuple[Runners, str], runs: dict[str, str]
) -> None:
    here, address = ci_machine
    pushed = {platform: ask(address, f"team/{platform}/manifests/1.2.3") for platform in PLATFORMS}
    for platform, manifest in pushed.items():
        print(f"{platform}: {manifest['digest']}")
        assert f"pushed {image(platform)}@{manifest['digest']}" in runs[platform]
    assert len({manifest["digest"] for manifest in pushed.values()}) == 1
    assert here.by_hand() == pushed["github"]["config"]["digest"]


@every_platform
def test_each_run_checks_then_starts_the_image_then_pushes_it(
    platform: str, runs: dict[str, str]
) -> None:
    said = runs[platform]
    checked, started = said.index("passed: "), said.rindex(" is up: ")
    assert checked < started < said.index("pushed ")
    assert said.count(" is up: ") == 2
    assert PASSWORD not in said


def test_github_attests_what_was_pushed(runs: dict[str, str]) -> None:
    [digest] = re.findall(r"pushed ghcr.io/team/github@sha256:(\w+)", runs["github"])
    attested = re.findall(rf"attested {digest}  ghcr.io/team/github(.*)", runs["github"])
    assert [line.split()[1:] for line in attested] == [[], ["my-app.cdx.json"]]


def light(ci_machine: tuple[Runners, str], platform: str, **given: str) -> Result:
    """Run the push of what neither checks nor builds; it has to fail, and to push nothing."""
    here, _ = ci_machine
    if platform in STEPS:
        result = here.steps(platform, "push", branch="light", check=False, **given)
    else:
        result = here.pipeline(platform, branch="light", check=False, **given)
    assert result.code
    assert "\npushed " not in result.output
    return result


@every_platform
def test_a_variable_that_is_not_set_is_named(
    platform: str, ci_machine: tuple[Runners, str]
) -> None:
    said = light(ci_machine, platform, REGISTRY_PASSWORD="").output
    assert "REGISTRY_PASSWORD is not set" in said


@every_platform
@pytest.mark.parametrize("tag", ["1.0+local.1", "release/1.0", "$(id>canary)"])
def test_a_tag_that_no_image_can_have_is_refused(
    platform: str, tag: str, ci_machine: tuple[Runners, str]
) -> None:
    assert f"TAG={tag} can't be the tag of an image" in light(ci_machine, platform, tag=tag).output


@every_platform
def test_a_checkout_that_git_distrusts_is_an_error(
    platform: str, ci_machine: tuple[Runners, str]
) -> None:
    here, _ = ci_machine
    given = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    if platform == "bitbucket":
        # What is given to a job is the runner's, too, which then can't clone: so it is the image's.
        distrustful = "FROM kept\nENV GIT_TEST_ASSUME_DIFFERENT_OWNER=1\n"
        image, given = here.images["uv"], {}
        here.run("docker", "tag", image, "kept")
        here.run("docker", "build", "--quiet", f"--tag={image}", "-", stdin=distrustful)
    said = light(ci_machine, platform, **given).output
    if platform == "bitbucket":
        here.run("docker", "tag", "kept", here.images["uv"])
    assert "git does not trust " in said
    assert "git config --global --add safe.directory" in said


# Bitbucket's runner itself starts no job without one.
@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - {"bitbucket"}))
def test_an_engine_that_is_not_there_is_named(
    platform: str, ci_machine: tuple[Runners, str]
) -> None:
    said = light(ci_machine, platform, DOCKER_HOST="tcp://127.0.0.1:1").output
    assert "docker does not answer at DOCKER_HOST=tcp://127.0.0.1:1" in said


def test_a_service_that_starts_slowly_is_waited_for(ci_machine: tuple[Runners, str]) -> None:
    here, _ = ci_machine
    slow = "FROM docker:29-dind\nENV SLOW=12\n"
    here.run("docker", "build", "--quiet", "--tag=docker:29-dind", "-", stdin=slow)
    said = light(ci_machine, "gitlab", REGISTRY_PASSWORD="").output
    assert "REGISTRY_PASSWORD is not set" in said
