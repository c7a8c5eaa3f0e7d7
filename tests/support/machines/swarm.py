"""Machines of a Docker Swarm: engines in containers of the engine that the tests have."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.project import Project, Result
from tests.support.run.left_out import leave_out

# Debian's Docker, and its registry, which one more container runs.
MACHINE = """\
FROM {base}
RUN apt-get update -q \\
 && apt-get install -qy --no-install-recommends docker.io docker-cli docker-registry iptables
COPY registry.yml /
"""
IN_MEMORY = "{version: 0.1, storage: {inmemory: {}}, http: {addr: ':5000'}}"
REGISTRY = "registry:5000"
# Privileged, for an engine makes namespaces and mounts of its own; its data is on a volume, because
# overlays don't stack; its containers' cgroups are the host's, which both versions of them allow.
# The variable tells it not to load profiles of AppArmor, which are the host's.
PRIVILEGED = "--privileged --volume=/var/lib/docker --cgroupns=host --env=container=docker"
ENGINE = f"dockerd --no-new-privileges --insecure-registry={REGISTRY}"


@dataclass(frozen=True)
class Swarm:
    """A swarm of two machines, of which the first manages, and their registry."""

    owner: Project
    name: str

    def run(self, *command: str, machine: int = 1, stdin: str = "") -> Result:
        """Run a command on a machine."""
        exec_ = (self.owner.env["ENGINE"], "exec", "--interactive", f"{self.name}-{machine}")
        return self.owner.run(*exec_, "timeout", "120", *command, stdin=stdin)

    def push(self, *images: str) -> None:
        """Push images of the tests' engine to the registry of the swarm."""
        engine = self.owner.env["ENGINE"]
        several = "--multi-image-archive" if engine == "podman" else ""
        load = f"{engine} exec --interactive {self.name}-1 docker load"
        self.owner.run("sh", "-c", f"{engine} save {several} {' '.join(images)} | {load}")
        for image in images:
            self.run("docker", "push", "--quiet", image)


@contextmanager
def swarm(owner: Project, name: str, base: str, folder: Path) -> Iterator[Swarm]:
    """Bring two machines up and join them; all of it is gone afterwards."""
    engine = owner.env["ENGINE"]
    if re.search(r"^\s*rootless(: true)?$", owner.run(engine, "info").output, re.MULTILINE):
        leave_out("engines inside a rootless one need root", "start Docker as root")
    (folder / "Dockerfile").write_text(MACHINE.format(base=base))
    (folder / "registry.yml").write_text(IN_MEMORY)
    owner.run(engine, "build", "--quiet", f"--tag={name}", str(folder))
    both = Swarm(owner, name)
    containers = {
        f"{name}-registry": f"--network-alias=registry {name} docker-registry serve /registry.yml",
        f"{name}-1": f"--network-alias=machine-1 {PRIVILEGED} {name} {ENGINE}",
        f"{name}-2": f"{PRIVILEGED} {name} {ENGINE}",
    }
    try:
        owner.run(engine, "network", "create", name)
        for container, what in containers.items():
            run = ("run", "--detach", f"--name={container}", f"--network={name}")
            owner.run(engine, *run, *what.split())
        for machine in (1, 2):
            wait = "for i in $(seq 300); do docker info >/dev/null 2>&1 && exit; sleep 0.1; done; exit 1"
            both.run("sh", "-c", wait, machine=machine)
        both.run("docker", "swarm", "init", "--advertise-addr=eth0")
        token = both.run("docker", "swarm", "join-token", "--quiet", "worker").output.strip()
        both.run("docker", "swarm", "join", f"--token={token}", "machine-1:2377", machine=2)
        yield both
    finally:
        owner.run(engine, "rm", "--force", "--volumes", *containers, check=False)
        owner.run(engine, "network", "rm", name, check=False)
        owner.run(engine, "image", "rm", "--force", name, check=False)
