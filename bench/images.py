"""The rendered image and two others of the same project, from an empty cache to `stop`.

Only the Dockerfile differs. Each step is measured with all three before the next one, so that other
load on the machine affects them equally.

A cold build has neither layers nor packages of an earlier one. `--no-cache` ignores the layers, and
with Docker the cache mounts, but not with Podman. Pruning would also remove what other builds on
this engine need. So the cache mounts get our own IDs, and a build of a single step empties them.
"""

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.engine import Engine

from .commands import run, timed

APP = "bench-app"
OURS = {
    name: Path(__file__).with_name(f"{name.replace('-', '')}.Dockerfile")
    for name in ("naive", "multi-stage")
}
BUILD = {"docker": "build --quiet --provenance=false", "podman": "build --quiet"}
PUSH = {"docker": "push --quiet", "podman": "push --quiet --tls-verify=false"}
EMPTY = """\
FROM {base}
RUN --mount=type=cache,id={id},target=/emptied find /emptied -mindepth 1 -delete
"""
# As `make up` runs it, but without an init, so that process 1 is the application.
CONTAINER = (
    "--read-only --tmpfs=/tmp --cap-drop=ALL --security-opt=no-new-privileges --pids-limit=256"
    " --no-healthcheck --env-file=.env.example --env=BIND_HOST=0.0.0.0"
)
# What `uv add httpx2` changes; `uv sync --locked` refuses anything else.
DEPENDENCY = {
    "pyproject.toml": ('    "httptools",\n', '    "httpx2",\n'),
    "uv.lock": ('    { name = "httptools" },\n', '    { name = "httpx2" },\n'),
}
SOURCE = f"src/{APP.replace('-', '_')}/main.py"
MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


@dataclass
class Image:
    """One of the three images: its project, its name in the registry, and its measurements."""

    name: str
    folder: Path
    engine: Engine
    registry: str
    bases: dict[str, str]
    built: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Write the Dockerfile, with a uv cache that nobody else uses."""
        self.tag = f"{self.registry}/{self.name}"
        self.container = self.cache = re.sub(r"\W", "-", f"bench-{self.tag}")
        dockerfile = self.folder / "Dockerfile"
        text = OURS.get(self.name, dockerfile).read_text()
        dockerfile.write_text(
            re.sub("type=cache(,id=[^, ]+)?", f"type=cache,id={self.cache}", text)
        )
        self.original = {path: self.read(path) for path in (SOURCE, *DEPENDENCY)}

    def read(self, path: str) -> str:
        """Return a file of the project."""
        return (self.folder / path).read_text()

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        (self.folder / path).write_text(text)

    def do(self, command: str) -> str:
        """Run a command of the engine."""
        return run(f"{self.engine.name} {command}", self.folder, self.engine.env()).strip()

    def build(self, options: str = "") -> float:
        """Build, and return how long it took."""
        arguments = " ".join(f"--build-arg={name}={image}" for name, image in self.bases.items())
        build = f"{BUILD[self.engine.name]} {arguments} {options} --tag={self.tag} ."
        start = time.perf_counter()
        image = self.do(build)
        took = time.perf_counter() - start
        self.built.add(image)
        return took

    def push(self) -> dict[str, int]:
        """Push, and return the size of each blob of the image in the registry."""
        self.do(f"{PUSH[self.engine.name]} {self.tag}")
        url = f"http://{self.registry}/v2/{self.name}/manifests/latest"
        request = urllib.request.Request(url, headers={"Accept": MANIFESTS})
        with urllib.request.urlopen(request) as answer:
            manifest = json.load(answer)
        return {blob["digest"]: blob["size"] for blob in [manifest["config"], *manifest["layers"]]}

    def size(self, image: str) -> int:
        """Return the size of an image."""
        return int(self.do("image inspect --format={{.Size}} " + image))

    def empty_cache(self) -> None:
        """Empty the uv cache of this image's builds."""
        dockerfile = self.folder.with_name(f"empty {self.name}")
        dockerfile.mkdir(exist_ok=True)
        text = EMPTY.format(base=self.bases["PYTHON_IMAGE"], id=self.cache)
        (dockerfile / "Dockerfile").write_text(text)
        self.built.add(self.do(f"build --quiet --no-cache '{dockerfile}'"))

    def cold(self) -> Iterator[tuple[str, float]]:
        """Build without any cache."""
        for path, text in self.original.items():
            self.write(path, text)
        self.empty_cache()
        yield "cold build", self.build("--no-cache")
        yield "size over base", self.size(self.tag) - self.size(self.bases["PYTHON_IMAGE"])

    def unchanged(self) -> Iterator[tuple[str, float]]:
        """Build the same again, and push it."""
        yield "rebuild, nothing changed", self.build()
        self.pushed = self.push()
        yield "compressed size", sum(self.pushed.values())

    def source(self) -> Iterator[tuple[str, float]]:
        """Change a line of the source, to one that was never built."""
        self.write(SOURCE, f"{self.original[SOURCE]}# {time.time_ns()}\n")
        yield "rebuild, source changed", self.build()
        new = {blob: size for blob, size in self.push().items() if blob not in self.pushed}
        yield "pushed for a source change", sum(new.values())

    def start_and_stop(self) -> Iterator[tuple[str, float]]:
        """Start it, send a request, and stop it."""
        options = f"--name={self.container} --publish=127.0.0.1::8000 {CONTAINER}"
        self.do(f"run --detach {options} {self.tag}")
        url = f"http://{self.do(f'port {self.container} 8000')}"
        for _ in range(3000):
            with suppress(OSError), urllib.request.urlopen(url, timeout=5):
                break
            time.sleep(0.01)
        else:
            sys.exit(f"{self.name} does not answer:\n{self.do(f'logs {self.container}')}")
        yield "start-up CPU", cpu(self.do(f"exec {self.container} cat /proc/1/stat"))
        yield "stop", timed(lambda: self.do(f"stop {self.container}"))
        self.do(f"rm {self.container}")

    def dependency(self) -> Iterator[tuple[str, float]]:
        """Add a dependency, in a file that was never built."""
        for path, (line, added) in DEPENDENCY.items():
            assert line in self.original[path], f"{path} has changed: {line}"
            self.write(path, self.original[path].replace(line, line + added))
        self.write("pyproject.toml", f"{self.read('pyproject.toml')}# {time.time_ns()}\n")
        yield "rebuild, dependency changed", self.build()

    def close(self) -> None:
        """Remove what was created here."""
        self.remove("rm", self.container)
        self.empty_cache()
        self.remove("image", "rm", *self.built)

    def remove(self, *made: str) -> None:
        """Remove what may not exist."""
        command = [self.engine.name, *made, "--force"]
        subprocess.run(command, env=self.engine.env(), capture_output=True)


STEPS = (Image.cold, Image.unchanged, Image.source, Image.start_and_stop, Image.dependency)


def bases(project: Path) -> dict[str, str]:
    """Return the base images that a rendered Dockerfile names, by their tags."""
    named = re.compile(r"^ARG (\w+_IMAGE)=([^@\s]+)", re.MULTILINE)
    return dict(named.findall((project / "Dockerfile").read_text()))


def cpu(stat: str) -> float:
    """Return the seconds that a process and its children have used, from its /proc/PID/stat."""
    user_and_system = stat.rpartition(")")[2].split()[11:15]
    return sum(map(int, user_and_system)) / 100  # the unit of Linux on every architecture


def measure(
    project: Path, folder: Path, engine: Engine, registry: str, rounds: int
) -> Iterator[tuple[str, str, float]]:
    """Measure all three, round by round; yield what was measured, of which image, and its value."""
    with ExitStack() as stack:
        images = []
        for name in (*OURS, "rendered"):
            copied = shutil.copytree(project, folder / name)
            images.append(Image(name, copied, engine, registry, bases(project)))
            stack.callback(images[-1].close)
        for number in range(rounds):
            turn = number % len(images)
            order = images[turn:] + images[:turn]
            for step in STEPS:
                for image in order:
                    for what, value in step(image):
                        yield what, image.name, value
