"""What an image holds, and what it says of itself."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.containers.conftest import app_name, inside, inspect, layers, package, run_engine
from tests.support.answers import DEFAULT_PYTHON, UV_VERSION
from tests.support.containers import Containerised
from tests.support.project import Project

pytestmark = pytest.mark.any_engine


@pytest.mark.sample
def test_the_image_runs_as_a_non_root_user(either: Project) -> None:
    assert inside(either, "id -u; id -g").split() == ["10001", "10001"]


def test_the_image_holds_what_production_needs_and_nothing_else(either: Project) -> None:
    files = inside(either, "find / -xdev 2>/dev/null; true").splitlines()
    names = {Path(file).name for file in files}
    assert "pydantic" in names
    assert not {"uv", "uvx", "pytest", "ruff", "mypy", ".git", ".env", "uv.lock"} & names
    kept_out = ("/source", "/cache", "/app/tests", "/app/src", "/project")
    assert not [file for file in files if file.startswith(kept_out)]


# What a start loads that has no bytecode, and bytecode that a time in the image could make out of date.
LACKING = """
import importlib, pathlib, sys, sysconfig
for name in {modules}:
    importlib.import_module(name)
specs = [module.__spec__ for module in sys.modules.values() if getattr(module, "__spec__", None)]
print(*[spec.name for spec in specs if spec.cached and not pathlib.Path(spec.cached).exists()])
for folder in {{sysconfig.get_path("stdlib"), "/app"}}:
    for path in pathlib.Path(folder).rglob("*.pyc"):
        if path.read_bytes()[4:8] != bytes([1, 0, 0, 0]):
            print(path)
"""


def test_bytecode_is_there(either: Project) -> None:
    """Of the project, of its packages and of the standard library: a container can't write any."""
    name = package(either)
    source = either.folder / "src" / name
    entries = [
        f"{name}.{module}" for module in ("cli", "main") if (source / f"{module}.py").exists()
    ]
    lacking = LACKING.format(modules=[f"{name}.settings", "pydantic.main", "asyncio", *entries])
    assert inside(either, f"python - <<'EOT'\n{lacking}\nEOT\n") == "\n"


def test_labels_say_what_the_image_is(either: Project) -> None:
    prefix = "org.opencontainers.image."
    lock = (either.folder / "uv.lock").read_bytes()
    held = inspect(either)["Config"]["Labels"].items()
    licensed = 'license = "MIT"' in either.read("pyproject.toml")  # not by `uv init`
    assert {name: value for name, value in held if name.startswith((prefix, "uv."))} == {
        f"{prefix}title": app_name(either),
        **({f"{prefix}licenses": "MIT"} if licensed else {}),
        f"{prefix}version": "0.1.0",
        f"{prefix}source": "https://git.example.org/ada/app",
        f"{prefix}revision": either.git("rev-parse", "HEAD").output.strip(),
        f"{prefix}base.name": f"python:{DEFAULT_PYTHON}-slim-trixie",
        "uv.image": f"ghcr.io/astral-sh/uv:{UV_VERSION}-python{DEFAULT_PYTHON}-trixie-slim",
        "uv.lock.sha256": hashlib.sha256(lock).hexdigest(),
    }


def test_a_change_of_source_is_two_small_layers(service: Project) -> None:
    before = layers(service)
    source = f"src/{package(service)}/main.py"
    service.replace(source, '"status": "ok"', '"status": "fine"')
    service.make("build")
    changed = [layer for layer in layers(service) if layer not in before]
    sizes = run_engine(service, "history", "--format={{.Size}}", app_name(service)).split()
    service.git("checkout", "--quiet", source)
    service.make("build")
    assert layers(service) == before
    assert len(changed) == 2
    newest = [size for size in sizes if size != "0B"][:2]
    assert all(re.fullmatch(r"\d\d?(\.\d+)?kB", size) for size in newest), newest


@pytest.mark.sample
def test_the_build_ends_with_what_the_image_weighs(either: Project) -> None:
    summary, largest = either.make("build").output.rstrip().splitlines()[-2:]
    name, base = (
        f"{app_name(either)}:latest",
        f"python:{DEFAULT_PYTHON}-slim-trixie",
    )
    pattern = rf"{name} ([\d.]+) MB: {base} ([\d.]+), its bytecode ([\d.]+), packages and application ([\d.]+)"
    found = re.fullmatch(pattern, summary)
    assert found, summary
    all_of_it, *parts = map(float, found.groups())
    assert abs(all_of_it - sum(parts)) < 0.2
    if "io.containerd.snapshotter" not in run_engine(either, "info"):  # which says how it is packed
        size = inspect(either, f"docker.io/library/{base}")["Size"] / 1e6
        assert abs(float(found[2]) - size) / size < 0.05
    assert re.fullmatch(r"largest:( [\w.-]+ [\d.]+){5}", largest)
    assert "pydantic_core" in largest


def test_the_sbom_lists_what_the_image_holds(
    containerised: Containerised, native_python: str, worker_id: str
) -> None:
    """A package of another platform is in the lock, and in neither of the two."""
    project = containerised(
        app_name=f"sbom-{worker_id}", kind="service", python_version=native_python
    )
    elsewhere = "    \"iniconfig; sys_platform == 'win32'\",\n"
    project.replace("pyproject.toml", "dependencies = [\n", f"dependencies = [\n{elsewhere}")
    project.make("lock", "sbom", "build")
    bom = json.loads(project.read(f"{app_name(project)}.cdx.json"))
    assert bom["bomFormat"] == "CycloneDX"
    listed = {(part["name"], part["version"]) for part in bom["components"]}
    project.write(".env", "")
    held = inside(project, "ls -d /app/lib/python*/site-packages/*.dist-info").split()
    found = [Path(name).stem.replace("_", "-").lower() for name in held]
    assert {f"{name}-{number}" for name, number in listed} == {
        name for name in found if not name.startswith(app_name(project))
    }


def test_an_image_that_lacks_what_the_tests_import_is_no_build(
    containerised: Containerised, worker_id: str
) -> None:
    """What git ignores is not meant; what it says is what helps."""
    project = containerised(app_name=f"lacking-{worker_id}")
    name = package(project)
    project.write(".env", "GREETING=Hello\n")
    project.write(f"src/{name}/id_numbers.py", "NUMBERS = [1]\n")
    project.write(f"src/{name}/data/words.txt", "one\n")
    project.write(f"src/{name}/__pycache__/old.pyc", "x")
    project.make("build")
    assert (
        inside(project, f"python -c 'import {name}.id_numbers as i; print(i.NUMBERS)'") == "[1]\n"
    )

    lazy = "def lazy() -> None:\n    import iniconfig\n\n    print(iniconfig)\n"
    project.write(f"src/{name}/lazy.py", lazy)
    said = project.make("build", check=False).last_line
    assert f"lacks iniconfig, which src/{name}/lazy.py imports: uv add its package" in said
    project.write(
        f"src/{name}/lazy.py", "try:\n    import iniconfig\nexcept ImportError:\n    pass\n"
    )

    project.write("src/other/__init__.py", "X = 1\n")
    said = project.make("build", check=False).last_line
    assert "lacks src/other/__init__.py: uv_build ships one package; " in said
    [(table, setting)] = re.findall(r"(\[tool.*?\]) (.*)", said)
    setting = setting.replace('"..."', f'"{name}"')
    project.write("pyproject.toml", f"{project.read('pyproject.toml')}\n{table}\n{setting}\n")
    project.make("build")

    project.write(f"src/{name}/ca.pem", "X\n")
    said = project.make("build", check=False).last_line
    assert f"lacks src/{name}/ca.pem: a line of .dockerignore hides it; " in said
    project.run("sh", "-c", said[said.index("echo ") :])
    project.make("build")
    # Of names with a leading dot, those that are committed; whatever git's colours are.
    project.write(f"src/{name}/.words.toml", "[a]\n")
    project.commit()
    project.git("config", "color.ui", "always")
    project.write(f"src/{name}/.words.toml.swp", "of an editor\n")
    said = project.make("build", check=False).last_line
    assert f"lacks src/{name}/.words.toml: a line of .dockerignore hides it; " in said
    project.run("sh", "-c", said[said.index("echo ") :])
    project.make("build")
