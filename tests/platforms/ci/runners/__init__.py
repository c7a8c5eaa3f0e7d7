"""A machine with the runners of CI platforms: they run a rendered file whole, and push.

GitHub's and Forgejo's are act, GitLab's is gitlab-ci-local with its Docker executor and an engine as
the service, Bitbucket's is bitbucket-pipeline-runner with the same. None is the vendor's own. For
Azure, CircleCI and Jenkins there is none: their steps are run in order in a clean container.
"""

import json
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.platforms.ci.platforms import ONE_SHELL, PLATFORMS, jobs
from tests.support.answers import DEFAULT_PYTHON, UV_VERSION
from tests.support.engine import PYTHON_IMAGE, UV_IMAGE
from tests.support.machines.swarm import PRIVILEGED
from tests.support.network.registry import PASSWORD, USER, USERS
from tests.support.project import NODE, Project, Result

HERE = Path(__file__).parent
REGISTRY = "registry.example.org:5000"
TAG = "1.2.3"
# Whose the file is, and what it is called where it asks for a password.
ACTIONS = {"github": ("https://github.com", "GITHUB_TOKEN")} | {
    "forgejo": ("https://forge.example.org", "REGISTRY_TOKEN")
}
# Where a platform has what was tagged, and in which image it types.
STEPS = {
    "azure": ("BUILD_SOURCEBRANCH", "{name}-engine"),
    "circleci": ("CIRCLE_TAG", "{uv}"),
    "jenkins": ("TAG_NAME", "{name}-engine"),
}


@dataclass(frozen=True)
class Runners:
    """The machine, and the project whose files they run."""

    project: Project
    name: str
    images: dict[str, str]

    def run(self, *command: str, check: bool = True, folder: str = "/", stdin: str = "") -> Result:
        """Run a command on the machine."""
        exec_ = ("exec", "--interactive", f"--workdir={folder}", self.name, *command)
        return self.project.run("docker", *exec_, check=check, stdin=stdin)

    def clone(self, branch: str, remote: str = "") -> str:
        """Return a new clone on the machine."""
        folder = self.run("mktemp", "-d").output.strip()
        self.run("git", "clone", "--quiet", f"--branch={branch}", "file:///released", folder)
        if remote:
            self.run("git", "-C", folder, "remote", "set-url", "origin", remote)
        return folder

    def _forget(self, branch: str) -> None:
        """Remove what another run has built: it would spare the next one the work."""
        if branch != "light":
            self.run("docker", "builder", "prune", "--all", "--force")

    def pipeline(
        self, platform: str, *, branch: str = "main", tag: str = TAG, check: bool = True, **env: str
    ) -> Result:
        """Run a platform's file for a tag: all of it, or of `branch` light its push alone."""
        self._forget(branch)
        if platform in ACTIONS:
            command, folder = self._act(platform, branch, tag, env)
        elif platform == "gitlab":
            command, folder = self._gitlab(branch, tag, env)
        else:
            command, folder = self._bitbucket(branch, tag, env)
        result = self.run("timeout", "500", *command, check=check, folder=folder)
        # Bitbucket's runner ends with 0, whatever its steps end with.
        if "Pipeline 'tags.**': Failed" in result.output:
            assert not check, result.output
            return Result(1, result.output)
        return result

    def _act(
        self, platform: str, branch: str, tag: str, env: dict[str, str]
    ) -> tuple[list[str], str]:
        address, secret = ACTIONS[platform]
        folder = self.clone(branch, f"{address}/Team/{platform.title()}.git")
        path = f"{folder}/{PLATFORMS[platform]}"
        # act knows no action by its whole address.
        self.run("sed", "-i", "s,uses: https://github.com/,uses: ,", path)
        used = self.run("sed", "-n", "s/.*uses: \\([^ ]*\\).*/\\1/p", path).output.split()
        commit = self.run("git", "-C", folder, "rev-parse", "HEAD").output.strip()
        event = {"ref": f"refs/tags/{tag}", "after": commit, "repository": {"private": False}}
        self.run("tee", "/event.json", stdin=json.dumps(event))
        password = env.pop("REGISTRY_PASSWORD", PASSWORD)
        return [
            *("act", "push", "--eventpath=/event.json", f"--actor={USER}", "--concurrent-jobs=1"),
            *("--pull=false", "--no-cache-server", "--no-skip-checkout"),
            *("--platform=ubuntu-24.04=-self-hosted", f"--workflows={Path(path).parent}"),
            *(f"--github-instance={address.partition('//')[2]}", f"--secret={secret}={password}"),
            *(f"--local-repository={each}=/actions/{each.split('/')[1].split('@')[0]}" for each in used),
            *(f"--env={name}={text}" for name, text in env.items()),
        ], folder  # fmt: skip

    def _gitlab(self, branch: str, tag: str, env: dict[str, str]) -> tuple[list[str], str]:
        image = f"{REGISTRY}/team/gitlab"
        variables = {"CI_COMMIT_TAG": tag, "CI_REGISTRY": REGISTRY, "CI_REGISTRY_IMAGE": image}
        password = env.pop("REGISTRY_PASSWORD", PASSWORD)
        variables |= {"CI_REGISTRY_USER": USER, "CI_REGISTRY_PASSWORD": password} | env
        return [
            *("gitlab-ci-local", "--privileged", "--pull-policy=if-not-present"),
            *(f"--variable={name}={text}" for name, text in variables.items()),
            *(["push"] if branch == "light" else []),
        ], self.clone(branch, "https://gitlab.example.org/team/gitlab.git")  # fmt: skip

    def _bitbucket(self, branch: str, tag: str, env: dict[str, str]) -> tuple[list[str], str]:
        login = {"REGISTRY_USER": USER, "REGISTRY_PASSWORD": PASSWORD, "BITBUCKET_TAG": tag}
        variables = {"IMAGE": f"{REGISTRY}/team/bitbucket"} | login | env
        lines = "".join(f"{name}='{text}'\n" for name, text in variables.items())
        self.run("tee", "/bitbucket.env", stdin=lines)
        run = ["pipeline-runner", "run", "--no-color", "--env-file=/bitbucket.env", "tags.**"]
        return run + (["--step=push"] if branch == "light" else []), self.clone(branch)

    def steps(
        self, platform: str, job: str, *, branch: str = "main", tag: str = TAG, check: bool = True,
        **env: str,
    ) -> Result:  # fmt: skip
        """Run all that a job types, in order and in a clean container, in a new clone."""
        variable, image = STEPS[platform]
        ref = f"refs/tags/{tag}" if platform == "azure" else tag
        login = {"REGISTRY_USER": USER, "REGISTRY_PASSWORD": PASSWORD, variable: ref, "CI": "true"}
        env = {"IMAGE": f"{REGISTRY}/team/{platform}"} | login | env
        # An engine that is not the job's own is reached by the network.
        engine = {"circleci": {"DOCKER_HOST": "tcp://10.17.0.1:2375"}}
        agent = {"WORKSPACE_TMP": "/tmp/agent", "AGENT_TEMPDIRECTORY": "/tmp/agent"}
        env = engine.get(platform, agent) | env
        folder = self.run("mktemp", "-d").output.strip()
        commands = jobs(self.project, platform)[job]
        before = commands[:1] if platform == "circleci" else []  # its checkout needs the tools
        path = ":" if platform == "circleci" else "export PATH=/tmp/agent/uv/bin:$PATH"
        clone = f"git clone --quiet --branch={branch} file:///released ."
        assert platform not in ONE_SHELL
        typed = [*before, clone, *commands[len(before) :]]
        script = "".join(f"bash -eo pipefail -c {shlex.quote(each)}\n" for each in typed)
        run = ["docker", "run", "--rm", "--network=host", "--volume=/released:/released:ro"]
        run += [f"--volume={folder}:{folder}", f"--workdir={folder}", "--entrypoint=sh"]
        run += ["--volume=/var/run/docker.sock:/var/run/docker.sock"] * (platform != "circleci")
        run += [f"--env={name}={text}" for name, text in env.items()]
        self._forget(branch)
        image = image.format(name=self.name, **self.images)
        return self.run(*run, image, "-ec", f"{path}\n{script}", check=check)

    def by_hand(self) -> str:
        """The ID of the image that `make build` makes."""
        self._forget("main")
        self.run("make", "build", "IMAGE=by-hand", folder=self.clone("main"))
        inspect = ("docker", "image", "inspect", "--format={{.Id}}", "by-hand")
        return self.run(*inspect).output.strip()


@contextmanager
def runners(project: Project, name: str) -> Iterator[tuple[Runners, str]]:
    """Start the machine, and give the address of its registry; all of it is gone afterwards."""
    names = {"python": DEFAULT_PYTHON, "uv_version": UV_VERSION, "debian": "trixie"}
    images = {"uv": UV_IMAGE.format(**names), "python": PYTHON_IMAGE.format(**names)}
    machine = Runners(project, name, images)
    targets = {target: f"{name}-{target}" for target in ("node", "engine", "machine")}
    given = [f"--build-arg=UV_IMAGE={images['uv']}", f"--build-arg=PYTHON_IMAGE={images['python']}"]
    given.append(f"--build-arg=NODE={NODE}")
    try:
        for target, tag in targets.items():
            build = ("build", "--quiet", f"--target={target}", f"--tag={tag}", *given, str(HERE))
            project.run("docker", *build)
        what = [*PRIVILEGED.split(), f"--env=USERS={USERS}", "--publish=127.0.0.1::5000"]
        project.run("docker", "run", "--detach", f"--name={name}", *what, targets["machine"])
        for _ in range(60):
            if not machine.run("docker", "info", check=False).code:
                break
            time.sleep(1)
        seeds = [*images.values(), targets["node"], targets["engine"]]
        save = f"docker save {' '.join(seeds)} | docker exec --interactive {name} docker load"
        project.run("sh", "-c", save)
        machine.run("stand-ins.sh", *seeds)
        archive = f"tar -c .git | docker exec --interactive {name} tar -x --no-same-owner -C /srv"
        project.run("sh", "-c", archive)
        machine.run("git", "clone", "--quiet", "--bare", "file:///srv/.git", "/released")
        address = project.run("docker", "port", name, "5000").output.strip()
        yield machine, address
    finally:
        project.run("docker", "rm", "--force", "--volumes", name, check=False)
        project.run("docker", "image", "rm", "--force", *targets.values(), check=False)
