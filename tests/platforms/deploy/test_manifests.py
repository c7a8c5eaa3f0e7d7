"""deploy/: what Kubernetes gets is valid, complete, and confined as `make up` confines."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import copier
import kubernetes_validate  # type: ignore[import-untyped]
import pytest

from tests.platforms.deploy.conftest import Deploy, one, pod
from tests.support.answers import TEMPLATE
from tests.support.project import Project, Render, only
from tests.support.reading.hardening import hardening

SCALE = (TEMPLATE / "docs/scale.md").read_text()
# The oldest whose fields we use, and the newest that the checker knows.
VERSIONS = ["1.30", kubernetes_validate.latest_version()]


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
    selectors = [
        deployment["spec"]["selector"]["matchLabels"],
        one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        one(objects, "Service")["spec"]["selector"],
    ]
    assert selectors == [labels] * 3
    assert all(each["metadata"]["labels"] == labels for each in objects)

    scaler = one(objects, "HorizontalPodAutoscaler")["spec"]
    above = scaler["metrics"][0]["resource"]["target"]["averageUtilization"]
    limits = (
        f"keeps {scaler['minReplicas']} to {scaler['maxReplicas']}, and adds one above {above} %"
    )
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


def test_a_service_is_spread_drained_and_stopped_as_a_cluster_was_seen_to_do_best(
    render: Render, deploy: Deploy
) -> None:
    """docs/scale.md has what was seen there."""
    objects = deploy(render(kind="service", deploy="kubernetes"))
    assert (
        one(objects, "PodDisruptionBudget")["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    )
    spec = pod(objects)["spec"]
    assert "topologySpreadConstraints" not in spec  # the scheduler's own spread better
    [container] = spec["containers"]
    serves = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    ends = int(one(objects, "ConfigMap")["data"]["SHUTDOWN_TIMEOUT"])
    assert spec["terminationGracePeriodSeconds"] >= serves + ends + 5  # for shutdown code


def test_a_job_keeps_its_log_and_an_eviction_is_no_failure(render: Render, deploy: Deploy) -> None:
    objects = deploy(render(kind="cli", deploy="kubernetes"))
    job = one(objects, "CronJob")["spec"]["jobTemplate"]["spec"]
    # At a deadline of the Job its Pod is deleted, and with it the log.
    assert "activeDeadlineSeconds" not in job
    assert pod(objects)["spec"]["activeDeadlineSeconds"] == 3600
    evicted = [{"type": "DisruptionTarget", "status": "True"}]
    assert job["podFailurePolicy"]["rules"] == [{"action": "Ignore", "onPodConditions": evicted}]


def test_the_policy_of_docs_scale_lets_in_only_whom_it_names(
    render: Render, deploy: Deploy
) -> None:
    [policy] = re.findall("```yaml\n(.*?)```", SCALE, re.DOTALL)
    project = render(kind="service", deploy="kubernetes")
    project.write("deploy/production/network-policy.yaml", policy)
    project.replace(
        "deploy/production/kustomization.yaml",
        "- ../base\n",
        "- ../base\n  - network-policy.yaml\n",
    )
    objects = deploy(project)
    rendered = one(objects, "NetworkPolicy")
    for version in VERSIONS:
        kubernetes_validate.validate(rendered, version, strict=True)
    assert rendered["spec"]["podSelector"]["matchLabels"] == pod(objects)["metadata"]["labels"]
    [[allowed]] = [rule["ports"] for rule in rendered["spec"]["ingress"]]
    assert allowed["port"] in [
        each["name"] for each in pod(objects)["spec"]["containers"][0]["ports"]
    ]


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
    assert apply.startswith("apply --filename ")
    waits = "rollout status deployment/my-app --timeout 5s"
    assert then == [waits] * (project.folder / "deploy/base/deployment.yaml").exists()


def test_make_deploy_says_that_a_tag_which_was_pushed_again_changes_nothing(
    render: Render, deploy: Deploy
) -> None:
    project = render(kind="service", deploy="kubernetes")
    path = f"{deploy.bin}:{project.env['PATH']}"
    typed = ("deploy", "IMAGE=r.example.org/app", "TAG=1.0")
    assert "pushed again" not in project.make(*typed, PATH=path).output
    project.write("unchanged", "")
    said = project.make(*typed, PATH=path).last_line
    assert said.endswith("take another, or kubectl rollout restart deployment/my-app")


STAGING = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: staging
namePrefix: next-
resources: [../production]
"""


def test_make_deploy_waits_for_what_the_overlay_names(render: Render, deploy: Deploy) -> None:
    project = render(kind="service", deploy="kubernetes")
    project.write("deploy/staging/kustomization.yaml", STAGING)
    objects = deploy(project, overlay="deploy/staging")
    assert one(objects, "Deployment")["metadata"]["name"] == "next-my-app"
    asked = project.read("asked").splitlines()[-1]
    assert asked == "rollout status deployment/next-my-app --timeout 5s --namespace=staging"

    path = f"{deploy.bin}:{project.env['PATH']}"
    refused = project.make("deploy", "TAG=1.0", "OVERLAY=deploy/none", check=False, PATH=path)
    assert refused.last_line.endswith(
        "the overlays: deploy/base/ deploy/production/ deploy/staging/"
    )


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("1", "my-app was not rolled out; it is the first version, so there is none to go back to"),
        ("2", "my-app was not rolled out; replicas that serve the version before: 3. To go back: kubectl"),
    ],
)  # fmt: skip
def test_make_deploy_says_why_a_version_does_not_start_and_how_to_go_back(
    render: Render, deploy: Deploy, revision: str, said: str
) -> None:
    project = render(kind="service", deploy="kubernetes")
    project.write("stuck", "my-app-77b5b9cdf-x2x 0/1 CrashLoopBackOff 2 (9s ago) 30s\n")
    project.write("revision", revision)
    path = f"{deploy.bin}:{project.env['PATH']}"
    failed = project.make("deploy", "IMAGE=r.example.org/app", "TAG=1.0", check=False, PATH=path)
    assert failed.code
    *_, state, event, log, last = failed.output.splitlines()[:-1]
    assert "CrashLoopBackOff" in state
    assert event == "Back-off pulling image"
    assert log == "GREETING: Field required"
    assert last.startswith(said)


def test_make_deploy_says_what_is_missing(project: Project, tmp_path: Path) -> None:
    commands = only(tmp_path / "bin", "sh", "sed", "git", "grep", "make", "dirname", "true")
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


def test_make_deploy_without_a_cluster_says_where_kubectl_looks(
    project: Project, kubectl: str, tmp_path: Path
) -> None:
    (tmp_path / "kubectl").symlink_to(kubectl)
    path = f"{tmp_path}:{project.env['PATH']}"
    refused = project.make("deploy", "IMAGE=r.example.org/app", "TAG=1.0", check=False, PATH=path)
    assert refused.code
    assert refused.last_line.endswith(
        "the clusters that kubectl knows: kubectl config get-contexts"
    )


def test_deploy_is_a_command_only_where_it_was_asked_for(project: Project, render: Render) -> None:
    assert re.search("^  deploy ", project.make("help").output, re.MULTILINE)
    without = render()
    assert "deploy" not in without.make("help").output
    assert not (without.folder / "deploy").exists()


def test_an_existing_project_brings_settings_of_its_own(
    template: Path, machine: dict[str, str], deploy: Deploy, native_python: str, tmp_path: Path
) -> None:
    (tmp_path / "app").mkdir()
    app = Project(tmp_path / "app", machine)
    app.run("uv", "init", "--bare", "--quiet", "--name=my-app", f"--python={native_python}")
    app.run("uv", "lock", "--quiet")
    answers = {"kind": "service", "deploy": "kubernetes", "python_version": native_python}
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
