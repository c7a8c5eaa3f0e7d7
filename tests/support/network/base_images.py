"""Base images in a registry of the tests' own."""

import re
import urllib.request

from tests.support.answers import DEFAULT_PYTHON, UV_VERSION
from tests.support.project import Project

UV_TAG = f"{UV_VERSION}-python{DEFAULT_PYTHON}-trixie-slim"
BUILDER = f"ghcr.io/astral-sh/uv:{UV_TAG}"
PYTHON_TAG = f"{DEFAULT_PYTHON}-slim-trixie"


def publish(project: Project, image: str, name: str) -> None:
    """Push an image under that name; with Podman as the official ones are: in a list of platforms."""
    engine = project.env["ENGINE"]
    if engine == "podman":
        project.run(engine, "manifest", "create", "--amend", f"{name}-list", image)
        project.run(engine, "manifest", "push", "--all", "--rm", f"{name}-list", f"docker://{name}")
    else:
        project.run(engine, "tag", image, name)
        project.run(engine, "push", "--quiet", name)


def make_copy(project: Project, image: str, name: str) -> None:
    """Make an image of that name that has the same files but is another one.

    Podman writes a base's name into what is built from it, and keeps that layer: of several names of
    an image, the first. Other tests' images must not get this one.
    """
    project.write("copy/Dockerfile", f"FROM {image}\nLABEL copy={name}\n")
    project.run(project.env["ENGINE"], "build", "--quiet", f"--tag={name}", "copy")


def publish_copy(project: Project, image: str, name: str) -> None:
    """Push an image that has the same files but is another one."""
    copy = re.sub(r"\W+", "-", f"copy-of-{name}")
    make_copy(project, image, copy)
    publish(project, copy, name)
    project.run(project.env["ENGINE"], "image", "rm", copy)


def digest(registry: str, name: str, tag: str) -> str:
    """What the registry itself says of a tag."""
    kinds = ["oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.v2"]
    accept = ", ".join(f"application/vnd.{kind}+json" for kind in kinds)
    request = urllib.request.Request(f"http://{registry}/v2/{name}/manifests/{tag}", method="HEAD")
    request.add_header("Accept", accept)
    with urllib.request.urlopen(request) as response:
        return str(response.headers["Docker-Content-Digest"])
