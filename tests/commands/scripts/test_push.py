"""A push: the name of the image, the login for this one run, and what is said where either is missing."""

from pathlib import Path

import pytest

from tests.commands.scripts.conftest import HARD, recorded, under, value
from tests.support.project import Project

IMAGE = "registry.example.org/me/my-app:1"
# Notes the password, and where it is kept, beside the calls.
NOTES = """
case $verb in login | push | manifest)
    printf '%s\\n' "$DOCKER_CONFIG" "$REGISTRY_AUTH_FILE" >>"$record.stores"
    test "$verb" != login || cat >"$record.password"
    cat "$REGISTRY_AUTH_FILE" >/dev/null || exit 1
esac
case " ${fails:-} " in"""


@pytest.fixture
def noting(recording: Project, name: str, tmp_path: Path) -> Project:
    """An engine that notes where the login is kept, too."""
    engine = tmp_path / "engine" / name
    engine.write_text(engine.read_text().replace('\ncase " ${fails:-} " in', NOTES))
    return recording


SAID = {
    "login": "no login to registry.example.org with REGISTRY_USER and REGISTRY_PASSWORD",
    "push manifest": "registry.example.org/me/my-app:latest was not pushed",
}


def stores(project: Project) -> list[Path]:
    return [Path(line) for line in Path(project.env["record"] + ".stores").read_text().split()]


@pytest.mark.parametrize(
    ("password", "fails"),
    [("lovelace", "login"), ("lovelace", "push manifest"), *[(hard, "") for hard in HARD if hard]],
)
def test_the_password_is_for_this_run_alone(
    noting: Project, name: str, password: str, fails: str
) -> None:
    """It arrives as it is, by standard input, and is gone also where the login or the push fails."""
    ada = under(noting, REGISTRY_USER="ada", REGISTRY_PASSWORD=password)
    said = ada.make("push", "IMAGE=registry.example.org/me/my-app", check=False, fails=fails)
    assert bool(said.code) == bool(fails), said.output
    record = Path(noting.env["record"])
    assert Path(f"{record}.password").read_text() == password
    if len(password) > 2:
        assert password not in record.read_text()
        assert password not in said.output
    [login] = recorded(noting, "login")
    assert value(login, "--username") == "ada"
    assert login[-2:] == ["--password-stdin", "registry.example.org"]
    kept = stores(noting)
    assert len(kept) >= 2
    assert not any(path.exists() for path in kept)
    assert not list((noting.folder / "dist").glob("*")) or not fails
    if fails:
        assert said.last_line.startswith(SAID[fails])


def test_without_a_user_the_logins_of_the_machine_are_used(recording: Project) -> None:
    recording.run("sh", "make/push", IMAGE)
    record = Path(recording.env["record"]).read_text()
    assert "login" not in record
    [push] = recorded(recording, "push")
    assert push[-1] == IMAGE


LOGIN = {"REGISTRY_USER": "ada", "REGISTRY_PASSWORD": "lovelace"}


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"REGISTRY_USER": ""}, "REGISTRY_USER is not set"),
        ({"REGISTRY_PASSWORD": ""}, "REGISTRY_PASSWORD is not set"),
        # As Azure has it.
        ({"REGISTRY_PASSWORD": "$(REGISTRY_PASSWORD)"}, "REGISTRY_PASSWORD is not set"),
    ],
)
def test_half_a_login_is_refused(recording: Project, env: dict[str, str], said: str) -> None:
    refused = under(recording, **LOGIN | env).run("sh", "make/push", IMAGE, check=False)
    assert (refused.code, refused.output) == (1, f"{said}: see CI in make/README.md\n")
    assert recorded(recording, "login") == []


@pytest.mark.parametrize("env", [{}, LOGIN])
@pytest.mark.parametrize("image", ["my-app", "ada/my-app"])
def test_nothing_goes_to_a_registry_that_nobody_named(
    recording: Project, image: str, env: dict[str, str]
) -> None:
    refused = under(recording, **env).make("push", f"IMAGE={image}", "TAG=1.0", check=False)
    assert refused.last_line == (
        f"IMAGE={image} names no registry: IMAGE=registry.example.org/me/my-app,"
        " or for Docker Hub IMAGE=docker.io/me/my-app"
    )
    assert not {"login", "push"} & {*Path(recording.env["record"]).read_text().split("\0")}


@pytest.mark.parametrize("registry", ["docker.io", "localhost", "localhost:5000", "10.0.0.1:5000"])
def test_the_registry_is_read_from_the_name(recording: Project, registry: str) -> None:
    under(recording, **LOGIN).run("sh", "make/push", f"{registry}/my-app:1")
    [login] = recorded(recording, "login")
    assert login[-1] == registry


TAGS = [
    *("1.0+local.1", "release/1.0", "v1'", 'v1"', "1;touch${IFS}canary", "1`touch canary`"),
    *("1&touch canary", "1|touch canary", "1$APP", "$(APP)", "ünï", "-x", ".1", "1#", "1" * 129),
    "1\ntouch canary",
]
REFUSED = (
    "TAG={} can't be the tag of an image, which has letters, digits, _, . and - only, the first"
)


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_that_no_image_can_have_is_refused_and_is_data(recording: Project, tag: str) -> None:
    """Whether it comes from the command line or the environment."""
    for typed, env in (([f"TAG={tag}"], {}), ([], {"TAG": tag})):
        refused = recording.make("push", *typed, check=False, **env)
        assert refused.output.startswith(REFUSED.format(tag))
        assert refused.code == 2
    assert not (recording.folder / "canary").exists()


@pytest.mark.parametrize("target", ["build", "up", "shell", "push", "save"])
@pytest.mark.parametrize("tag", ["1;touch canary", ""])
def test_each_command_that_reads_a_tag_refuses_it(
    recording: Project, target: str, tag: str
) -> None:
    refused = recording.make(target, f"TAG={tag}", check=False)
    assert refused.output.startswith(REFUSED.format(tag))
    assert not (recording.folder / "canary").exists()


@pytest.mark.parametrize("tag", ["1.0", "v1.0-rc_1", "A" * 128, "_1"])
def test_a_tag_that_an_image_can_have_reaches_it(recording: Project, tag: str) -> None:
    recording.make("build", f"TAG={tag}")
    [build] = recorded(recording, "build")
    assert value(build, "--tag") == f"my-app:{tag}"


@pytest.mark.parametrize(
    ("image", "said"),
    [
        *[
            (image, " can't be the name of an image, which has lower case letters, digits, _, ., ")
            for image in ("Ada/my-app", "https://ghcr.io/ada/my-app", "my app", "/a", "a@sha256:0")
        ],
        ("a;touch canary", " can't be the name of an image"),
        ("a;touch canary:1", " can't be the name of an image"),
        ("my-app:1.0", " has the tag in it: IMAGE=my-app TAG=1.0"),
        ("localhost:5000/me/a:V1", " has the tag in it: IMAGE=localhost:5000/me/a TAG=V1"),
    ],
)
def test_a_name_that_no_image_can_have_is_refused(
    recording: Project, image: str, said: str
) -> None:
    refused = recording.make("build", f"IMAGE={image}", check=False)
    assert refused.last_line.startswith(f"IMAGE={image}{said}")
    assert not (recording.folder / "canary").exists()


def test_a_tag_of_the_makefile_s_own_is_made_as_written_there(recording: Project) -> None:
    recording.replace("Makefile", "TAG ?= latest", "TAG ?= $(shell printf 7)")
    recording.make("build")
    [build] = recorded(recording, "build")
    assert value(build, "--tag") == "my-app:7"
