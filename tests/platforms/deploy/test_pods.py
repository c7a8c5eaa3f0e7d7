"""The Pods of deploy/, run by `podman kube play`, are confined as `make up` confines."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.platforms.deploy.conftest import Deploy, one, pod
from tests.support.containers import Containerised
from tests.support.engine import Engine
from tests.support.project import Project, get
from tests.support.run.left_out import leave_out

# What the application itself sees of its confinement, said when its settings are read.
CONFINED = """

import json, os

_status = dict(line.split(":", 1) for line in open("/proc/self/status"))
_mounts = dict(line.split()[1:3] for line in open("/proc/self/mounts"))
_kept = "Uid Gid CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp".split()
_skip = ("/proc", "/sys")
_found = {
    "status": {name: _status[name].split() for name in _kept},
    "below an init": os.getpid() > 1,
    "/": os.statvfs("/").f_flag & os.ST_RDONLY,
    "/tmp": _mounts["/tmp"],
    "writable": sorted(
        folder
        for folder, *_ in os.walk("/")
        if not folder.startswith(_skip) and os.access(folder, os.W_OK)
    ),
}
print("confined", json.dumps(_found), flush=True)
"""


def confined(said: str) -> Any:
    """What the application said of its confinement."""
    [line] = re.findall(r"^confined (.*)$", said, re.MULTILINE)
    return json.loads(line)


@pytest.fixture
def podman(engine: Engine) -> str:
    """Podman, which plays what is meant for Kubernetes, beside whichever engine is tested."""
    found = shutil.which("podman", path=engine.env()["PATH"])
    if not found:
        leave_out("no Pod was run, since Podman is not on this machine", "install Podman")
    return found


@pytest.fixture
def played(podman: str, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Run objects in Podman; the name of the container is returned, and its Pod removed at last."""
    started: list[tuple[Project, Path]] = []

    def play(project: Project, objects: list[Any], *options: str) -> str:
        manifest = tmp_path / f"{len(started)}.yaml"
        manifest.write_text(yaml.safe_dump_all(objects))
        started.append((project, manifest))
        project.run(podman, "kube", "play", "--quiet", *options, str(manifest))
        workload = one(objects, "Deployment", "Job")
        [container] = workload["spec"]["template"]["spec"]["containers"]
        return f"{workload['metadata']['name']}-pod-{container['name']}"

    yield play
    for project, manifest in started:
        project.run(podman, "kube", "down", str(manifest), check=False)


@pytest.fixture
def image(
    podman: str, worker_id: str, containerised: Containerised
) -> Iterator[Callable[..., Project]]:
    """Build an application that says how it is confined, in Podman."""
    built: list[tuple[Project, str]] = []

    def build(kind: str) -> Project:
        name = f"pod-{kind}-{worker_id}"
        project = containerised(app_name=name, kind=kind, deploy="kubernetes")
        project.env["ENGINE"] = "podman"
        built.append((project, name))
        settings = f"src/{name.replace('-', '_')}/settings.py"
        project.write(settings, project.read(settings) + CONFINED)
        project.write(".env", "GREETING=Ahoy\n")
        project.make("build", f"IMAGE=localhost/{name}", "TAG=1.0")
        return project

    yield build
    for project, name in built:
        project.run(podman, "rm", "--force", name, check=False)
        project.run(podman, "image", "rm", "--force", f"localhost/{name}:1.0", check=False)


def job(objects: list[Any]) -> list[Any]:
    """What runs when the CronJob's time has come; Podman knows Jobs, and no times."""
    cron = one(objects, "CronJob")
    due = cron["spec"]["jobTemplate"] | {"apiVersion": "batch/v1", "kind": "Job"}
    return [one(objects, "ConfigMap"), due | {"metadata": cron["metadata"]}]


@pytest.mark.slow
def test_a_job_runs_confined_as_make_up_confines(
    image: Callable[[str], Project], played: Callable[..., str], deploy: Deploy, podman: str
) -> None:
    project = image("cli")
    [name] = re.findall(r"^  name: (.*)", project.read("deploy/base/cronjob.yaml"), re.MULTILINE)
    up = project.make("up", f"IMAGE=localhost/{name}", "TAG=1.0").output
    project.replace("deploy/production/settings.env", "GREETING=Hello", "GREETING=Moin")
    project.replace("deploy/base/cronjob.yaml", "args: []", "args: [Ada]")
    container = played(project, job(deploy(project, f"localhost/{name}:1.0")))
    assert project.run(podman, "wait", container).output == "0\n"
    said = project.run(podman, "logs", container).output
    assert said.splitlines()[-1] == "Moin, Ada!"
    assert confined(said) == confined(up)


def test_a_deployment_runs_confined_as_make_up_confines(
    image: Callable[[str], Project],
    played: Callable[..., str],
    deploy: Deploy,
    podman: str,
    port: int,
) -> None:
    project = image("service")
    base = project.read("deploy/base/deployment.yaml")
    [name] = re.findall(r"^  name: (.*)", base, re.MULTILINE)
    project.make("up", f"IMAGE=localhost/{name}", "TAG=1.0", f"PORT={port}")
    up = project.make("logs").output
    project.make("down")

    objects = deploy(project, f"localhost/{name}:1.0")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    secret["stringData"] = {"GREETING": "Psst"}
    container = played(project, [secret, *objects], f"--publish=127.0.0.1:{port}:8000")
    for _ in range(100):
        with suppress(OSError):
            get(f"http://127.0.0.1:{port}/")
            break
        time.sleep(0.1)
    assert get(f"http://127.0.0.1:{port}/") == {"message": "Psst, World!"}
    [spec] = pod(objects)["spec"]["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert get(f"http://127.0.0.1:{port}{spec[probe]['httpGet']['path']}") == {"status": "ok"}
    assert confined(project.run(podman, "logs", container).output) == confined(up)
