"""A build on a machine that starts empty, as a runner of CI, without and with a registry as cache.

With Podman, since Docker keeps layers in a registry only with its containerd image store. Each
machine has a storage of its own, in which the base images are.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.engine import Engine, shared
from tests.support.machines.here import write_script
from tests.support.network.registry import without_tls

from .commands import run, timed
from .images import APP, DEPENDENCY, SOURCE, bases

PODMAN = """\
#!/bin/sh
export TMPDIR={folder}/cache
exec {podman} --root={storage} --runroot={storage}-run "$@"
"""


class Machine:
    """A copy of the project, and a Podman that has nothing but the base images."""

    def __init__(self, project: Path, folder: Path, engine: Engine, **env: str) -> None:
        """Copy the base images into an own storage."""
        self.root = shared.ROOT if engine.bin else ""
        podman = shutil.which("podman", path=engine.env()["PATH"])
        self.folder = shutil.copytree(project, folder / "project")
        self.original = {path: self.read(path) for path in (SOURCE, *DEPENDENCY)}
        (folder / "cache").mkdir()
        self.cache, self.storage = folder / "cache", f"/var/tmp/{folder.name}-{os.getpid()}"
        text = PODMAN.format(folder=folder, podman=podman, storage=self.storage)
        write_script(folder / "bin/podman", text)
        path = f"{folder / 'bin'}:{engine.env()['PATH']}"
        self.env = {**engine.env(), "PATH": path, "ENGINE": "podman", **env}
        names = " ".join(bases(project).values())
        load = f"'{podman}' save --quiet --multi-image-archive {names} | podman load --quiet"
        subprocess.run(["sh", "-c", load], env=self.env, check=True, capture_output=True)
        self.base = self.images()

    def read(self, path: str) -> str:
        """Return a file of the project."""
        return (self.folder / path).read_text()

    def images(self) -> set[str]:
        """Return what is in the storage."""
        listed = run("podman images --all --quiet --no-trunc", self.folder, self.env)
        return set(listed.split())

    def build(self, change: str = "") -> float:
        """Build on the empty machine, after that change; return how long it took."""
        for path, text in self.original.items():
            (self.folder / path).write_text(text)
        if change == "source":
            (self.folder / SOURCE).write_text(f"{self.original[SOURCE]}# {time.time_ns()}\n")
        if change == "dependency":
            for path, (line, added) in DEPENDENCY.items():
                (self.folder / path).write_text(self.original[path].replace(line, line + added))
        for image in self.images() - self.base:
            subprocess.run(
                ["podman", "image", "rm", "--force", image], env=self.env, capture_output=True
            )
        assert self.images() == self.base
        shutil.rmtree(self.cache)
        self.cache.mkdir()
        return timed(lambda: run(f"sh make/build {APP}", self.folder, self.env))

    def close(self) -> None:
        """Remove the storage, where the engine has it."""
        for path in (self.storage, f"{self.storage}-run"):
            shutil.rmtree(f"{self.root}{path}", ignore_errors=True)


def measure(
    project: Path, folder: Path, engine: Engine, registry: str, rounds: int
) -> Iterator[tuple[str, str, float]]:
    """Measure round by round; yield what was measured, without or with the cache, and its time."""
    settings = without_tls(registry, folder)
    machines: dict[str, Machine] = {}
    try:
        for name, env in {"without": {}, "with": {"BUILD_CACHE": f"{registry}/ci"}}.items():
            (folder / f"ci-{name}").mkdir()
            machines[name] = Machine(project, folder / f"ci-{name}", engine, **settings, **env)
        machines["with"].build()
        for number in range(rounds):
            for change in ("", "source", "dependency"):
                for name in sorted(machines, reverse=number % 2 == 1):
                    took = machines[name].build(change)
                    yield f"{change or 'nothing'} changed, in CI", name, took
    finally:
        for machine in machines.values():
            machine.close()
