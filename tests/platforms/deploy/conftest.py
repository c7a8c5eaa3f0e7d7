"""`make deploy` up to the cluster's door: what would be applied, object by object."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.engine import shared, throwaway
from tests.support.machines.here import write_script
from tests.support.project import Project, Render
from tests.support.run.left_out import leave_out

KINDS = ["cli", "service"]
# The cluster's end of kubectl: it notes what is asked, keeps what is applied, and rolls out at once,
# or, where there is a file named stuck,
# never; where there is one named unchanged, it knows the Deployment already.
CLUSTER = """\
#!/bin/sh
case "$*" in
kustomize* | annotate*--local*) exec {kubectl} "$@" ;;
esac
echo "$@" >>asked
case "$*" in
apply*)
    cp "$3" applied.yaml
    test ! -e unchanged || echo 'deployment.apps/my-app unchanged'
    ;;
rollout*) test ! -e stuck ;;
get*Progressing*) echo 'ReplicaSet "my-app-77b5b9cdf" is progressing.' ;;
get*pods*=77b5b9cdf*) cat stuck ;;
get*events*) echo 'Back-off pulling image' ;;
get*revision*) cat revision ;;
get*availableReplicas*) printf 3 ;;
logs*) echo 'GREETING: Field required' ;;
esac
"""


@pytest.fixture(scope="session")
def kubectl() -> str:
    """This machine's kubectl, which has kustomize built in, or the one that Debian packages."""
    if found := shutil.which("kubectl"):
        return found
    if not throwaway.possible():
        leave_out("kubectl is not on this machine", "https://kubernetes.io/docs/tasks/tools")
    folder = shared.CACHE / "kubectl"
    with shared.locked():
        if not folder.exists():
            with shared.unfinished(folder) as new:
                shared.debootstrap(
                    "trixie", "kubernetes-client", new, "--variant=extract",
                    doing="fetching kubectl",
                )  # fmt: skip
    return str(folder / "usr/bin/kubectl")


class Deploy:
    """Runs `make deploy` in a project, whose kubectl reaches no cluster."""

    def __init__(self, kubectl: str, folder: Path) -> None:
        """Put the cluster's stand-in first on PATH."""
        write_script(folder / "kubectl", CLUSTER.format(kubectl=kubectl))
        self.bin = folder

    def __call__(
        self, project: Project, image: str = "r.example.org/me/app:1.0", overlay: str = ""
    ) -> list[Any]:
        """Return the objects that are applied."""
        name, _, tag = image.rpartition(":")
        path = f"{self.bin}:{project.env['PATH']}"
        project.make("deploy", f"IMAGE={name}", f"TAG={tag}", f"OVERLAY={overlay}", PATH=path)
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
