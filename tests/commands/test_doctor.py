"""`make doctor`: what is there, what is missing, and what to type."""

import os
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.project import Project, doctor, only
from tests.support.run.left_out import leave_out


def test_doctor_shows_what_is_there_and_changes_nothing(
    service: Project, native_python: str, port: int
) -> None:
    service.write(".env", f"GREETING=Hello\nPORT={port}\n")
    found = doctor(service)
    template = found.pop("template")
    assert found.pop("engine")
    assert {name: mark for name, (mark, _) in found.items()} == dict.fromkeys(
        ["make", "uv", "python", "lock", ".env", "port", "make/"], "ok"
    )
    assert re.fullmatch(
        rf"{native_python} wanted, {native_python}\.\d+\S* found", found["python"][1]
    )
    assert found["port"][1] == f"{port} on 127.0.0.1 is free"
    assert template == ("ok", "v999.0.0 is the newest")
    assert not (service.folder / ".venv").exists()
    with socket.create_server(("127.0.0.1", port)):
        assert doctor(service)["port"] == (
            "--",
            f"port {port} on 127.0.0.1 is taken: make down, or make run PORT={port + 1}",
        )


def test_in_ci_doctor_says_what_a_push_lacks(service: Project) -> None:
    assert "push" not in doctor(service)
    assert doctor(service, CI="true", REGISTRY_USER="ada")["push"] == (
        "--",
        "this job has no IMAGE REGISTRY_PASSWORD, which make push needs: see CI in make/README.md",
    )
    login = {"REGISTRY_USER": "ada", "REGISTRY_PASSWORD": "lovelace"}
    image = "registry.example.org/me/my-app"
    said = doctor(service, CI="true", IMAGE=image, **login)["push"]
    assert said == ("ok", f"ada pushes {image}")


def stale(project: Project) -> None:
    project.replace("pyproject.toml", '"fastapi",', '"fastapi",\n    "rich",')


def unreadable(project: Project) -> None:
    project.replace("pyproject.toml", '"fastapi",', '"typer')


def strange(project: Project) -> None:
    project.write(".python-version", "3.99\n")


def unclean(project: Project) -> None:
    project.write(".env", "# first\nGREETING=Hello World\n")


def without_example(project: Project) -> None:
    (project.folder / ".env.example").unlink()


def with_a_folder_for_the_example(project: Project) -> None:
    without_example(project)
    (project.folder / ".env.example").mkdir()


def offline(project: Project) -> None:
    nobody = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "", "UV_HTTP_RETRIES": "0"}
    project.env = project.env | nobody


def offline_with_an_empty_cache(project: Project) -> None:
    offline(project)
    project.env = project.env | {"UV_CACHE_DIR": str(project.folder / ".cache")}


def with_a_backend_that_is_not_here(project: Project) -> None:
    offline(project)
    project.replace("pyproject.toml", '["uv_build==', '["flit_core==1", "uv_build==')


def without_its_package(project: Project) -> None:
    (project.folder / "src/my_app").rename(project.folder / "src/shop")


def with_a_file_for_an_environment(project: Project) -> None:
    project.write(".venv", "")


def with_a_link_for_an_environment(project: Project) -> None:
    (project.folder / ".venv").symlink_to("shared")


def with_a_pipe_for_settings(project: Project) -> None:
    """As password managers make one."""
    os.mkfifo(project.folder / ".env")


def without_its_readme(project: Project) -> None:
    (project.folder / "README.md").unlink()


def installed_and_without_its_readme(project: Project) -> None:
    project.make("install")
    without_its_readme(project)


def with_a_link_to_nothing(project: Project) -> None:
    (project.folder / ".env").symlink_to("shared.env")


def with_a_folder_for_settings(project: Project) -> None:
    (project.folder / ".env").mkdir()


def with_a_python_that_is_found_no_more(project: Project) -> None:
    project.make("install")
    project.env = project.env | {"UV_PYTHON_SEARCH_PATH": "/dev/null"}


def below_a_colon(project: Project) -> None:
    project.folder = project.folder.rename(project.folder.with_name("a:b"))


def unwritable(project: Project) -> None:
    if os.getuid() == 0:
        leave_out("root may write everywhere", "make check, as another user, or make matrix")
    project.folder.chmod(0o500)


def with_neither(project: Project) -> None:
    tools = "make sh sed git grep cat cp awk cut dirname env cksum head sleep tail tr"
    project.env = project.env | {"PATH": only(project.folder / "bin", *tools.split())}


@pytest.mark.parametrize(
    ("state", "mark", "rows"),
    [
        (Project.commit, "--", {".env": ".env is missing: make start"}),
        (
            unclean,
            "--",
            {".env": ".env: uv can't read some lines as they stand: write KEY='value'"},
        ),
        (
            without_example,
            "NO",
            {".env": ".env.example, which make start copies to .env, is no fi"},
        ),
        (
            with_a_folder_for_the_example,
            "NO",
            {".env": ".env.example, which make start copies to "},
        ),
        (stale, "NO", {"lock": "uv.lock is out of date with pyproject.toml: make lock"}),
        (unreadable, "NO", {"lock": "uv refuses pyproject.toml, uv.lock or "}),
        (strange, "NO", {"python": "Python 3.99 is not on this machine and can't be fetched: "}),
        (offline, "ok", {"lock": "up to date with pyproject.toml"}),
        (offline_with_an_empty_cache, "NO", {"lock": "packages have to be downloaded, and "}),
        (with_a_backend_that_is_not_here, "NO", {"lock": "this project can't be built: make i"}),
        (without_its_package, "NO", {"lock": "this project can't be built: make install says"}),
        (with_a_file_for_an_environment, "NO", {"lock": "uv refuses pyproject.toml, uv.lock or"}),
        (with_a_link_for_an_environment, "NO", {"lock": "/"}),
        (
            with_a_pipe_for_settings,
            "--",
            {".env": ".env is not a file: remove it, then make start"},
        ),
        (without_its_readme, "NO", {"lock": "this project can't be built: make install says why"}),
        (installed_and_without_its_readme, "ok", {"lock": "up to date with pyproject.toml"}),
        (with_a_link_to_nothing, "NO", {".env": ".env is not a file: remove it, then make start"}),
        (with_a_folder_for_settings, "--", {".env": ".env is not a file: remove it, then make"}),
        (with_a_python_that_is_found_no_more, "ok", {"lock": "up to date with pyproject.toml"}),
        (below_a_colon, "NO", {"python": "uv can't run in a folder with a colon in its path"}),
        (unwritable, "NO", {"lock": "/"}),
        (
            with_neither,
            "NO",
            {
                "uv": "uv is not on this machine: https://docs.astral.sh/uv/",
                "engine": "neither uv nor a container engine is on this machine: install uv or ",
            },
        ),
    ],
)
def test_doctor_fails_exactly_where_start_would(
    service: Project, state: Callable[[Project], None], mark: str, rows: dict[str, str]
) -> None:
    state(service)
    found = doctor(service)
    for row, said in rows.items():
        assert found[row][0] == mark
        assert found[row][1].startswith(said)
    started = service.make("start", check=False)
    assert bool(started.code) == (mark == "NO")
    if mark == "NO" and ".env" in rows:
        assert started.last_line == found[".env"][1]
        assert not (service.folder / ".env").is_file()


def test_where_python_is_missing_no_address_is_blamed(service: Project) -> None:
    strange(service)
    found = doctor(service)
    assert found["port"] == ("--", found["python"][1])


def test_doctor_tells_whether_a_newer_version_is_there(service: Project, tmp_path: Path) -> None:
    template = Project(tmp_path / "template", service.env)
    template.folder.mkdir()
    template.write("README", "a template\n")
    template.commit()
    for tag in ("v1.2.0", "v1.10.0", "v1.11.0rc1", "latest"):
        template.git("tag", tag)
    # The address of GitHub, and what stands in for it.
    service.env = service.env | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{template.folder}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/me/it",
    }
    for commit, address, row in (
        ("v1.2.0", str(template.folder), ("--", "v1.2.0, and there is v1.10.0: make update")),
        ("v1.10.0", "gh:me/it", ("ok", "v1.10.0 is the newest")),
        ("v1.10.0-3-gabc", "git+https://github.com/me/it", ("ok", "v1.10.0-3-gabc is the newest")),
    ):
        service.write(".copier-answers.yml", f"_commit: {commit}\n_src_path: {address}\n")
        assert doctor(service)["template"] == row
    (service.folder / ".copier-answers.yml").unlink()
    assert doctor(service)["template"][1].startswith("unknown; the newest can't be read from ")


def test_doctor_waits_for_no_template_that_does_not_answer(service: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}/template"
        service.write(".copier-answers.yml", f"_commit: v1.0.0\n_src_path: {address}\n")
        started = time.monotonic()
        found = doctor(service, NO_PROXY="127.0.0.1")
        assert time.monotonic() - started < 10
    assert found["template"] == (
        "--",
        f"v1.0.0; the newest can't be read from {address}: make outdated",
    )
