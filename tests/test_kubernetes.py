"""deploy/: what Kubernetes gets is valid, complete, and confined as `make up` confines."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import copier
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.conftest import Containerised, Project, Render, get, only
from tests.engine import Engine, throwaway
from tests.hardening import hardening

KINDS = ["cli", "service"]
# The oldest whose fields we use, and the newest that the checker knows.
VERSIONS = ["1.30", kubernetes_validate.latest_version()]
# The cluster's end of kubectl: it notes what is asked, and keeps what is applied.
CLUSTER = """\
#!/bin/sh
[ "$1" != kustomize ] || exec {kubectl} "$@"
echo "$@" >>asked
[ "$1" != apply ] || cat >applied.yaml
"""


@pytest.fixture(scope="session")
def kubectl() -> str:
    """This machine's kubectl, which has kustomize built in, or the one that Debian packages."""
    if found := shutil.which("kubectl"):
        return found
    if not throwaway.possible():
        pytest.skip("deploy/ was not built: kubectl is not here, nor root on Debian to fetch it")
    folder = throwaway.CACHE / "kubectl"
    with throwaway.locked():
        if not folder.exists():
            with throwaway.unfinished(folder) as new:
                throwaway.debootstrap(
                    "trixie", "kubernetes-client", new, "--variant=extract",
                    doing="fetching kubectl",
                )  # fmt: skip
    return str(folder / "usr/bin/kubectl")


class Deploy:
    """Runs `make deploy` in a project, whose kubectl reaches no cluster."""

    def __init__(self, kubectl: str, folder: Path) -> None:
        """Put the cluster's stand-in first on PATH."""
        (folder / "kubectl").write_text(CLUSTER.format(kubectl=kubectl))
        (folder / "kubectl").chmod(0o755)
        self.bin = folder

    def __call__(self, project: Project, image: str = "r.example.org/me/app:1.0") -> list[Any]:
        """Return the objects that are applied."""
        name, _, tag = image.rpartition(":")
        path = f"{self.bin}:{project.env['PATH']}"
        project.make("deploy", f"IMAGE={name}", f"TAG={tag}", PATH=path)
        return list(yaml.safe_load_all(project.read("applied.yaml")))


@pytest.fixture(scope="session")
def deploy(kubectl: str, tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    """`make deploy` up to the cluster's door."""
    return Deploy(kubectl, tmp_path_factory.mktemp("cluster"))


@pytest.fixture(params=KINDS)
def project(request: pytest.FixtureRequest, render: Render) -> Project:
    """A project of each kind that is deployed."""
    return render(kind=request.param, deploy="kubernetes")


def one(objects: list[Any], *kinds: str) -> Any:
    """The one object of these kinds."""
    [found] = [each for each in objects if each["kind"] in kinds]
    return found


def pod(objects: list[Any]) -> Any:
    """The Pod that the Deployment or the CronJob makes."""
    spec = one(objects, "Deployment", "CronJob")["spec"]
    return (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_object_fits_the_schemas_of_the_api(
    project: Project, deploy: Deploy, version: str
) -> None:
    objects = deploy(project)
    for each in objects:
        kubernetes_validate.validate(each, version, strict=True)
    kinds = {each["kind"] for each in objects} - {"ConfigMap"}
    scaled = {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"}
    assert kinds == (scaled if "Deployment" in kinds else {"CronJob"})


def test_what_belongs_together_finds_each_other(render: Render, deploy: Deploy) -> None:
    project = render(kind="service", deploy="kubernetes")
    objects = deploy(project)
    deployment = one(objects, "Deployment")
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"]
    [spread] = template["spec"]["topologySpreadConstraints"]
    selectors = [
        deployment["spec"]["selector"]["matchLabels"],
        one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        one(objects, "Service")["spec"]["selector"],
        spread["labelSelector"]["matchLabels"],
    ]
    assert selectors == [labels] * 4

    scaler = one(objects, "HorizontalPodAutoscaler")["spec"]
    limits = f"There are {scaler['minReplicas']} to {scaler['maxReplicas']} of them"
    assert limits in project.read("README.md")
    target = scaler["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])
    assert "replicas" not in deployment["spec"], "each deploy would undo what the autoscaler did"
    assert [metric["resource"]["name"] for metric in scaler["metrics"]] == ["cpu"]
    [container] = template["spec"]["containers"]
    assert container["resources"]["requests"]["cpu"]

    [listening] = container["ports"]
    [offered] = one(objects, "Service")["spec"]["ports"]
    probes = [container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")]
    assert [offered["targetPort"], *(probe["port"] for probe in probes)] == [listening["name"]] * 4
    port = {each["name"]: each.get("value") for each in container["env"]}["PORT"]
    assert port == str(listening["containerPort"])


def test_each_setting_of_the_example_env_arrives(project: Project, deploy: Deploy) -> None:
    objects = deploy(project)
    [container] = pod(objects)["spec"]["containers"]
    settings = one(objects, "ConfigMap")
    named = re.findall(r"^(\w+)=", project.read(".env.example"), re.MULTILINE)
    given = [*settings["data"], *(each["name"] for each in container.get("env", []))]
    assert sorted(given) == sorted(named)

    # By a name that changes with the settings, so that Pods start again; secrets from the cluster.
    [plain, secret] = container["envFrom"]
    assert plain["configMapRef"]["name"] == settings["metadata"]["name"]
    assert secret["secretRef"] == {"name": "my-app", "optional": True}
    project.replace("deploy/production/settings.env", "GREETING=Hello", "GREETING=Ahoy")
    changed = one(deploy(project), "ConfigMap")
    assert changed["data"]["GREETING"] == "Ahoy"
    assert changed["metadata"]["name"] != settings["metadata"]["name"]


def test_make_deploy_rolls_out_the_image_that_is_named(project: Project, deploy: Deploy) -> None:
    [container] = pod(deploy(project, "r.example.org:5000/me/app:1.0"))["spec"]["containers"]
    assert container["image"] == "r.example.org:5000/me/app:1.0"
    apply, *then = project.read("asked").splitlines()
    assert apply == "apply --filename -"
    waits = "rollout status deployment/my-app --timeout 5m"
    assert then == [waits] * (project.folder / "deploy/base/deployment.yaml").exists()


def test_make_deploy_says_what_is_missing(project: Project, tmp_path: Path) -> None:
    commands = only(tmp_path / "bin", "sh", "sed", "git", "make", "dirname", "true")
    (tmp_path / "bin/true").rename(tmp_path / "bin/kubectl")
    refused = project.make("deploy", check=False, PATH=commands)
    assert refused.code
    assert refused.last_line.endswith(
        "make build push deploy IMAGE=registry.example.org/me/my-app TAG=1.0"
    )
    (tmp_path / "bin/kubectl").unlink()
    refused = project.make("deploy", "TAG=1.0", check=False, PATH=commands)
    assert refused.code
    assert refused.last_line.startswith("kubectl is not on this machine: https://")


def test_deploy_is_a_command_only_where_it_was_asked_for(project: Project, render: Render) -> None:
    assert re.search("^  deploy ", project.make("help").output, re.MULTILINE)
    without = render()
    assert "deploy" not in without.make("help").output
    assert not (without.folder / "deploy").exists()


def test_an_existing_project_brings_settings_of_its_own(
    template: Path, machine: dict[str, str], deploy: Deploy, tmp_path: Path
) -> None:
    app = Project(tmp_path / "app", machine)
    app.write("pyproject.toml", "")
    answers = {"kind": "service", "deploy": "kubernetes"}
    copier.run_copy(str(template), app.folder, data=answers, defaults=True, quiet=True)
    assert "data" not in one(deploy(app), "ConfigMap")
    app.write("deploy/production/settings.env", "SHOP=open\n")
    assert one(deploy(app), "ConfigMap")["data"] == {"SHOP": "open"}


# How a Pod says what `make up` says to the engine. A new option there needs its line here.
def writable_tmp(spec: Any) -> bool:
    [container], [volume] = spec["containers"], spec["volumes"]
    mount = {"name": volume["name"], "mountPath": "/tmp"}
    memory: bool = volume["emptyDir"]["medium"] == "Memory"
    return memory and container["volumeMounts"] == [mount]


HARDENED: dict[tuple[str, ...], Callable[[Any], object]] = {
    ("--init",): lambda spec: spec["shareProcessNamespace"],
    ("--env-file", ".env"): lambda spec: spec["containers"][0]["envFrom"],
    ("--read-only",): lambda spec: spec["containers"][0]["securityContext"][
        "readOnlyRootFilesystem"
    ],
    ("--tmpfs", "/tmp"): writable_tmp,
    ("--cap-drop", "ALL"): lambda spec: (
        spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    ),
    ("--security-opt", "no-new-privileges"): lambda spec: (
        spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
    ),
    # A Pod can't say it: the kubelet's podPidsLimit does.
    ("--pids-limit", "256"): lambda spec: True,
}


def test_a_pod_is_told_all_that_make_up_tells_the_engine(project: Project, deploy: Deploy) -> None:
    spec = pod(deploy(project))["spec"]
    assert hardening(project) == set(HARDENED)
    for option, said in HARDENED.items():
        assert said(spec), option

    # And what the image and the engine bring by themselves.
    [user] = re.findall(r"^USER (\d+):\1$", project.read("Dockerfile"), re.MULTILINE)
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user),
        "runAsGroup": int(user),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert spec["automountServiceAccountToken"] is False


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
        pytest.skip("no Pod was run: there is no podman here")
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
