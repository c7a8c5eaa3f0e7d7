"""Measure the rendered image and two others, and the commands; write RESULTS.md and chart.svg."""

import argparse
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tests.support.engine import Engine, EngineError, acquire, provide_base, release
from tests.support.machines.here import environment
from tests.support.network.registry import serve

from . import application, chart, ci, commands, images, report

HERE = Path(__file__).parent
RESULTS = """\
# Small and fast

Written by `make bench`: medians of {rounds} on {cpus} CPUs, with {engine}. Compare the ratios; the times depend on the machine.

## The image

![The ratios of the table below, as bars](chart.svg)

Three images of one rendered project (`kind=service`, Python {image_python}), from the same lock and the same base images:
- **naive**: one stage, `COPY . .` and `uv sync` ([Dockerfile](naive.Dockerfile)).
- **multi-stage**: as in uv's guide ([Dockerfile](multistage.Dockerfile)).
- **rendered**: the template's own.

{images}
- In each round, every step is measured with all three images before the next one, so that noise affects them equally. The ratios are to the naive image, the marks to the multi-stage image.
- Size over base is what the image adds to `{base}`; compressed size is that of all its layers in a registry.
- A cold build starts without layer cache and uv cache, but with the base images. Packages are downloaded.
- The dependency that is added is httpx2. The source change is one line.
- Start-up CPU is the CPU time that the process has used until its first response, in a read-only container.

## In CI

The rendered image, built by Podman on a machine that has the base images and nothing else: without a cache, and with `BUILD_CACHE`, a repository that has the layers of an earlier build.

{ci}
## The application

CPU time of the server for a request to `/`, next to the same service with a `def` route and dependency, and with uvicorn's parser in Python (h11); and of the command line from start to end, next to Python that does nothing.

{application}
## The commands

The same service with Python {command_python}, rendered again in each round. By hand: the tools of `make check`, run one after the other in the activated environment.

{commands}
## Without uv

The same commands and the same Python without uv: {engine_name} runs them in containers of the builder image.

{without_uv}"""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--engine", default="", choices=["", "docker", "podman"])
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    try:
        engine = acquire(chosen.engine)
    except EngineError as error:
        sys.exit(str(error))
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            write(engine, chosen.rounds, Path(folder))
    finally:
        release(engine)


def write(engine: Engine, rounds: int, folder: Path) -> None:
    """Measure in an empty folder, and write the results next to this file."""
    env = environment(folder / "home", folder / "uv cache")
    project = commands.render(folder / "project", env, f"app_name={images.APP}")
    image_python = python_of(project)
    for python in (image_python, commands.newest_python(env)):
        if not provide_base(engine, python, version("uv")):
            sys.exit(f"the base images for Python {python} can't be pulled")
    with serve(engine, folder) as registry:
        given = (project, folder, engine, registry, rounds)
        of_images = report.collect(report.IMAGES, images.measure(*given))
        of_ci = report.collect(report.CI, ci.measure(*given))
    (folder / "application").mkdir()
    measured = application.measure(folder / "application", env, rounds)
    of_application = report.collect(report.APPLICATION, measured)
    of_commands = report.collect(report.COMMANDS, commands.measure(folder, env, rounds))
    measured = commands.measure_without_uv(folder, env, engine, rounds)
    of_machines = report.collect(report.WITHOUT_UV, measured)

    chart.draw(of_images, HERE / "chart.svg")
    results = RESULTS.format(
        rounds=rounds,
        cpus=os.cpu_count(),
        engine=commands.run(f"{engine.name} --version", folder, engine.env()).strip(),
        image_python=image_python,
        images=report.markdown(report.IMAGES, of_images),
        base=images.bases(project)["PYTHON_IMAGE"],
        ci=report.markdown(report.CI, of_ci),
        application=report.markdown(report.APPLICATION, of_application),
        command_python=python_of(folder / "0/by hand"),
        commands=report.markdown(report.COMMANDS, of_commands),
        engine_name=engine.name.capitalize(),
        without_uv=report.markdown(report.WITHOUT_UV, of_machines),
    )
    (HERE / "RESULTS.md").write_text(results)
    print(results)


def python_of(project: Path) -> str:
    """Return the minor version of Python that a rendered project is pinned to."""
    return ".".join((project / ".python-version").read_text().strip().split(".")[:2])


if __name__ == "__main__":
    main()
