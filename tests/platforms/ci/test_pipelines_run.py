"""What the platforms type runs, from a clean clone to a registry that asks for a password."""

import base64
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.platforms.ci.platforms import PLATFORMS, jobs
from tests.support.answers import DEFAULT_PYTHON, EVERYTHING
from tests.support.containers import Containerised
from tests.support.engine import Engine
from tests.support.network.registry import PASSWORD, USER, serve
from tests.support.project import NODE, Project
from tests.support.run.left_out import leave_out


@pytest.fixture(scope="module")
def docker(engine: Engine) -> Engine:
    """CI's engine is Docker, on every platform."""
    if engine.name != "docker":
        leave_out("CI files log in with Docker", "make check ENGINE=docker")
    return engine


@pytest.fixture(scope="module")
def released(
    docker: Engine, containerised: Containerised, native_python: str, worker_id: str
) -> Project:
    """A project with the files of all platforms, and a tag, on a Python that this machine has."""
    return release(containerised, f"ci-{worker_id}", native_python)


def release(containerised: Containerised, name: str, python: str) -> Project:
    project = containerised(**EVERYTHING, app_name=name, python_version=python)
    project.commit()
    project.git("tag", "1.2.3")
    return project


@pytest.fixture
def clone(released: Project, tmp_path: Path) -> Project:
    """A clean clone, and a home in which nobody has logged in."""
    released.git("clone", "--quiet", str(released.folder), str(tmp_path / "clone"))
    (tmp_path / "home").mkdir()
    return Project(tmp_path / "clone", released.env | {"HOME": str(tmp_path / "home")})


@pytest.fixture(scope="module")
def private_registry(docker: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that asks for a password."""
    with serve(docker, tmp_path_factory.mktemp("registry"), private=True) as address:
        yield address


def tags(address: str, image: str) -> object:
    """The tags of an image in the private registry."""
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    request = urllib.request.Request(
        f"http://{address}/v2/{image}/tags/list", headers={"Authorization": f"Basic {token}"}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)["tags"]


# What each platform has set when it pushes, and what a person has set there.
VARIABLES = {
    "azure": {
        "IMAGE": "{registry}/team/azure",
        "REGISTRY_USER": USER,
        "PASSWORD": PASSWORD,
        "BUILD_SOURCEBRANCHNAME": "1.2.3",
    },
    "bitbucket": {
        "IMAGE": "{registry}/team/bitbucket",
        "REGISTRY_USER": USER,
        "REGISTRY_PASSWORD": PASSWORD,
        "BITBUCKET_TAG": "1.2.3",
    },
    "circleci": {
        "IMAGE": "{registry}/team/circleci",
        "REGISTRY_USER": USER,
        "REGISTRY_PASSWORD": PASSWORD,
        "CIRCLE_TAG": "1.2.3",
    },
    "forgejo": {
        "GITHUB_SERVER_URL": "http://{registry}",
        "GITHUB_REPOSITORY": "Team/Forgejo",
        "GITHUB_ACTOR": USER,
        "TOKEN": PASSWORD,
        "GITHUB_REF_NAME": "1.2.3",
    },
    "github": {
        "GITHUB_REPOSITORY": "Team/GitHub",
        "GITHUB_ACTOR": USER,
        "TOKEN": PASSWORD,
        "GITHUB_REF_NAME": "1.2.3",
    },
    "gitlab": {
        "CI_REGISTRY": "{registry}",
        "CI_REGISTRY_IMAGE": "{registry}/team/gitlab",
        "CI_REGISTRY_USER": USER,
        "CI_REGISTRY_PASSWORD": PASSWORD,
        "CI_COMMIT_TAG": "1.2.3",
    },
    "jenkins": {
        "IMAGE": "{registry}/team/jenkins",
        "REGISTRY_USR": USER,
        "REGISTRY_PSW": PASSWORD,
        "TAG_NAME": "1.2.3",
    },
}
SETS_UP = re.compile(r"apt-get|pipx|pip install")


def variables(platform: str, registry: str) -> dict[str, str]:
    return {name: text.format(registry=registry) for name, text in VARIABLES[platform].items()}


def type_in(clone: Project, commands: list[str]) -> str:
    """Run commands as a runner does; what sets a machine up was done to this one."""
    return "".join(
        clone.run("bash", "-eo", "pipefail", "-c", command).output
        for command in commands
        if not SETS_UP.search(command)
    )


def test_the_workflow_of_github_runs_as_it_stands(clone: Project) -> None:
    said = type_in(clone, jobs(clone, "github")["check"])
    assert "passed" in said
    assert "MB" in said
    assert clone.git("status", "--short").output == ""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_tag_brings_the_image_into_the_registry(
    platform: str, clone: Project, private_registry: str, docker: Engine
) -> None:
    env = variables(platform, private_registry)
    image = f"{private_registry}/team/{platform}"
    # GitHub's own registry stands in the file.
    commands = [
        command.replace("ghcr.io", private_registry) for command in jobs(clone, platform)["push"]
    ]
    login, push = (command for command in commands if not SETS_UP.search(command))
    clone.env |= env
    refused = clone.run("bash", "-ec", push, check=False)
    assert "no basic auth credentials" in refused.output
    said = type_in(clone, [login, push])
    assert PASSWORD not in said
    assert tags(private_registry, f"team/{platform}") == ["1.2.3"]
    clone.run(docker.name, "image", "rm", f"{image}:1.2.3")


# The image that GitLab's jobs run in, and what makes a runner of it. It has neither make nor Docker.
RUNNER = """\
FROM {image}
RUN apt-get update -q && apt-get install -qy --no-install-recommends git rsync
RUN uv tool install --quiet {node}
ENV PATH=/root/.local/bin:$PATH NODE_OPTIONS=--use-system-ca
RUN npm install --global --prefix /usr/local gitlab-ci-local@4.75.1
WORKDIR /work
"""


@pytest.fixture(scope="module")
def gitlab_ci_local(
    containerised: Containerised,
    docker: Engine,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., str]]:
    """Run gitlab-ci-local in a clean clone; each job is a shell in GitLab's image."""
    released = release(containerised, f"gitlab-{worker_id}", DEFAULT_PYTHON)
    image = f"gitlab-runner-{worker_id}"
    folder = tmp_path_factory.mktemp("runner")
    base = yaml.safe_load(released.read(".gitlab-ci.yml"))["default"]["image"]
    (folder / "Dockerfile").write_text(RUNNER.format(image=base, node=NODE))
    released.run(docker.name, "build", "--quiet", f"--tag={image}", str(folder))
    # The engine of this machine takes the place of the service, which a shell can't have.
    socket = "/run/docker.sock" if docker.bin else "/var/run/docker.sock"
    volumes = [f"--volume={released.folder}:/released:ro", f"--volume={socket}:/engine.sock"]
    script = "git clone --quiet /released . && sed -i '/^  services:/,+2d' .gitlab-ci.yml"
    script += ' && exec gitlab-ci-local "$@"'

    def run(*arguments: str, **variables: str) -> str:
        variables |= {"DOCKER_HOST": "unix:///engine.sock"}
        given = [f"--variable={name}={text}" for name, text in variables.items()]
        start = [docker.name, "run", "--rm", "--network=host", *volumes, image, "sh", "-c", script]
        return released.run(*start, "-", *arguments, *given).output

    yield run
    released.run(docker.name, "image", "rm", "--force", image)


def test_the_pipeline_of_gitlab_runs_as_it_stands(
    gitlab_ci_local: Callable[..., str], clone: Project, private_registry: str, docker: Engine
) -> None:
    """All of it, by gitlab-ci-local, from the installation of the job's tools to a push."""
    on_a_branch = gitlab_ci_local("--list")
    assert "check" in on_a_branch
    assert "push" not in on_a_branch
    said = gitlab_ci_local("--force-shell-executor", **variables("gitlab", private_registry))
    assert "Setting up docker-cli" in said
    assert re.findall(r"PASS .*?(check|push)", said) == ["check", "push"]
    assert tags(private_registry, "team/gitlab") == ["1.2.3"]
    clone.run(docker.name, "image", "rm", f"{private_registry}/team/gitlab:1.2.3")
