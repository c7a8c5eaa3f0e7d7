"""What the platforms type runs, from a clean clone to a registry that asks for a password."""

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.platforms.ci.platforms import ONE_SHELL, PLATFORMS, jobs
from tests.support.answers import DEFAULT_PYTHON, EVERYTHING
from tests.support.containers import Containerised
from tests.support.engine import PYTHON_IMAGE, Engine
from tests.support.network.registry import PASSWORD, USER, ask, serve
from tests.support.project import NODE, Project, Result
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
def clone(released: Project, tmp_path: Path, port: int) -> Project:
    """A clean clone in CI, with a home in which nobody has logged in."""
    released.git("clone", "--quiet", str(released.folder), str(tmp_path / "clone"))
    for folder in ("home", "temporary"):
        (tmp_path / folder).mkdir()
    ours = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
    env = released.env | ours | {"CI": "true", "PORT": str(port)}
    return Project(tmp_path / "clone", env)


@pytest.fixture(scope="module")
def private_registry(docker: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that asks for a password."""
    with serve(docker, tmp_path_factory.mktemp("registry"), private=True) as address:
        yield address


def tags(address: str, image: str) -> object:
    """The tags of an image in the private registry."""
    return ask(address, f"{image}/tags/list")["tags"]


# The variable in which a platform has the tag.
TAG = {
    "azure": "BUILD_SOURCEBRANCH",
    "bitbucket": "BITBUCKET_TAG",
    "circleci": "CIRCLE_TAG",
    "forgejo": "GITHUB_REF_NAME",
    "github": "GITHUB_REF_NAME",
    "gitlab": "CI_COMMIT_TAG",
    "jenkins": "TAG_NAME",
}
LOGIN = {"REGISTRY_USER": USER, "REGISTRY_PASSWORD": PASSWORD}
# What else it has set when it pushes; where it is not here, a person has set IMAGE and the login.
VARIABLES = {
    "forgejo": LOGIN
    | {"GITHUB_SERVER_URL": "http://{registry}", "GITHUB_REPOSITORY": "Team/Forgejo"},
    "github": LOGIN | {"GITHUB_REPOSITORY": "Team/GitHub"},
    "gitlab": {f"CI_{name}": text for name, text in LOGIN.items()}
    | {"CI_REGISTRY": "{registry}", "CI_REGISTRY_IMAGE": "{registry}/team/gitlab"},
}
SETS_UP = re.compile(r"apt-get|pip install")


def variables(platform: str, registry: str, tag: str = "1.2.3") -> dict[str, str]:
    own = VARIABLES.get(platform, LOGIN | {"IMAGE": f"{{registry}}/team/{platform}"})
    ref = f"refs/tags/{tag}" if platform == "azure" else tag
    return {TAG[platform]: ref} | {
        name: text.format(registry=registry) for name, text in own.items()
    }


def type_in(clone: Project, platform: str, job: str, *, check: bool = True, **env: str) -> Result:
    """Run a job's commands as a runner does; what sets a machine up was done to this one."""
    typed = [command for command in jobs(clone, platform)[job] if not SETS_UP.search(command)]
    if platform in ONE_SHELL:
        typed = ["\n".join(typed)]
    results = []
    for command in typed:
        # GitHub's own registry stands in the file.
        command = command.replace("ghcr.io", env.get("registry", "ghcr.io"))
        results.append(clone.run("bash", "-eo", "pipefail", "-c", command, check=check, **env))
        if results[-1].code:
            break
    return Result(results[-1].code, "".join(result.output for result in results))


@pytest.mark.slow
def test_the_workflow_of_github_runs_as_it_stands(clone: Project) -> None:
    said = type_in(clone, "github", "check").output
    assert said.index("passed: ") < said.index(" MB: ") < said.index(" is up: ")
    assert clone.git("status", "--short").output == ""
    # Where a platform shows them.
    assert clone.read("test-results/junit.xml").startswith("<?xml")
    assert "line-rate" in clone.read("test-results/coverage.xml")
    clone.make("clean")
    assert not (clone.folder / "test-results").exists()


def kept(clone: Project) -> str:
    """What a run has left in the home folder and in that for temporary files."""
    folders = [clone.env["HOME"], clone.env["TMPDIR"]]
    files = [path for folder in folders for path in Path(folder).rglob("*") if path.is_file()]
    return "".join(
        path.read_text(errors="replace") for path in files if path.stat().st_size < 10**6
    )


@pytest.mark.sample
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_tag_starts_the_image_and_brings_it_into_the_registry(
    platform: str, clone: Project, private_registry: str, docker: Engine
) -> None:
    env = variables(platform, private_registry) | {"registry": private_registry}
    image = f"{private_registry}/team/{platform}:1.2.3"
    said = type_in(clone, platform, "push", check=True, **env).output
    manifest = ask(private_registry, f"team/{platform}/manifests/1.2.3")
    # What was started, and then pushed, is what is in the registry.
    assert said.index(" is up: ") < said.index(f"pushed {image[:-6]}@{manifest['digest']}")
    local = clone.run(docker.name, "image", "inspect", "--format", "{{.Id}}", image).output.strip()
    assert local in (manifest["config"]["digest"], manifest["digest"])
    assert clone.read("dist/pushed.sha256") == f"{manifest['digest'][7:]}  {image[:-6]}\n"
    assert tags(private_registry, f"team/{platform}") == ["1.2.3"]
    # The password is nowhere, neither as it is nor as Docker keeps it.
    secrets = (PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
    assert not any(secret in said + kept(clone) for secret in secrets)
    clone.run(docker.name, "image", "rm", image)


@pytest.mark.sample
@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_a_push_lacks_is_said_and_no_password_stays(
    platform: str, clone: Project, private_registry: str, native_python: str, docker: Engine
) -> None:
    env = variables(platform, private_registry) | {"registry": private_registry}
    # Any image takes the place of one that was built and started.
    image = f"{private_registry}/team/{platform}:1.2.3"
    base = PYTHON_IMAGE.format(python=native_python, debian="trixie")
    clone.run(docker.name, "tag", base, image)
    for script in ("build", "size", "container"):
        clone.write(f"make/{script}", "exit\n")
    secret = next(name for name in env if name.endswith("REGISTRY_PASSWORD"))
    unset = type_in(clone, platform, "push", check=False, **env | {secret: ""})
    assert unset.last_line == "REGISTRY_PASSWORD is not set: see CI in make/README.md"
    wrong = type_in(clone, platform, "push", check=False, **env | {secret: "wrong-1815"})
    assert wrong.last_line.startswith(f"no login to {private_registry} with REGISTRY_USER and")
    assert "wrong-1815" not in wrong.output + kept(clone)
    assert base64.b64encode(f"{USER}:wrong-1815".encode()).decode() not in kept(clone)
    clone.run(docker.name, "image", "rm", image)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("tag", ["1.0+local.1", "release/1.0", "1;id>canary", "$(id>canary)"])
def test_a_tag_that_no_image_can_have_is_refused_on_every_platform(
    platform: str, tag: str, clone: Project
) -> None:
    clone.git("tag", tag)
    env = variables(platform, "registry.example.org", tag)
    refused = type_in(clone, platform, "push", check=False, **env)
    assert f"\nTAG={tag} can't be the tag of an image" in f"\n{refused.output}"
    assert refused.code
    assert not (clone.folder / "canary").exists()


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


@pytest.mark.slow
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
