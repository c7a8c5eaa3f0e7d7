"""What the scripts do with an image that is there: push, save, weigh, pin, verify."""

import re
from pathlib import Path

import pytest

from tests.commands.scripts.conftest import IMAGE, recorded, under, value
from tests.support.project import Project


def test_a_list_of_images_is_pushed_whole(recording: Project, name: str) -> None:
    image = f"registry.example.org/{IMAGE}"
    recording.run("sh", "make/push", image)
    [push] = recorded(recording, "push")
    assert push[:3] == (["manifest", "push", "--all"] if name == "podman" else ["push", image])
    assert push[-1] == image
    recording.run("sh", "make/push", image, fails="manifest")
    [push] = recorded(recording, "push")
    assert (push[0], push[-1]) == ("push", image)


@pytest.mark.parametrize("line", ["container up", "container command", "push", "save"])
def test_an_image_that_is_not_there_is_named(recording: Project, line: str) -> None:
    script, *arguments = line.split()
    image = "localhost:5000/my-app"
    said = recording.run(
        "sh", f"make/{script}", *arguments, f"{image}:1", check=False, fails="image"
    )
    assert (said.code, said.output) == (
        1,
        f"there is no image {image}:1: make build IMAGE={image} TAG=1\n",
    )


def test_an_image_that_cannot_be_saved_is_not_shown_as_saved(recording: Project) -> None:
    recording.write("my-app.tar", "an older one")
    failed = recording.run("sh", "make/save", IMAGE, check=False, fails="save")
    assert (failed.code, failed.output) == (125, "")
    assert not (recording.folder / "my-app.tar").exists()


def test_the_size_is_counted_or_the_engine_s_failure_shown(recording: Project) -> None:
    counted = recording.run("sh", "make/size", IMAGE, run_says="3000000\\t/app\\n9000000\\t/\\n")
    assert counted.output.startswith(f"{IMAGE} 9.0 MB: ")
    failed = recording.run("sh", "make/size", IMAGE, check=False, fails="run", run_says="1\\t/\\n")
    assert (failed.code, failed.output) == (125, "")


def test_what_git_ignores_is_in_no_image_unless_it_is_meant(committed: Project) -> None:
    """A clone lacks it, and it may be a secret; what is said is what helps."""
    committed.write(".git/info/exclude", "local.py\nmade\n")
    committed.write("src/my_app/made/words.txt", "one\n")
    committed.write("src/my_app/local.py", "TOKEN = 1\n")
    source = committed.folder / "src"
    held = "".join(f"./{file.relative_to(source)}\n" for file in source.rglob("*"))
    project = under(committed, run_says=f"shipped\n{held}")
    line = project.run("sh", "make/shipped", IMAGE, check=False).last_line
    assert line.startswith(f"{IMAGE} holds what git ignores, and other machines lack: leave it out")
    command, _, way = line.partition(" by ")[2].partition("; or keep it by that with ")
    assert way == "! before each name"
    project.run("sh", "-c", command.replace("'src", "'!src"))
    project.run("sh", "make/shipped", IMAGE)


def test_only_an_image_without_a_name_is_removed(recording: Project, name: str) -> None:
    """Podman has the images of a list without a name, and would remove them from under it."""
    for names, lists, expected in [
        ("0", "", True),
        ("1", "", False),
        ("0", "f00", name == "docker"),
    ]:
        recording.run("sh", "make/prune", "sha256:00", image_says=names, images_says=lists)
        removed = ["image", "rm", "sha256:00"] in recorded(recording, "image")
        assert removed == expected, (names, lists)
    recording.run("sh", "make/prune", "sha256:00", image_says="0", fails="image")


# What the registry and both images say, as each engine asks them.
PINNED = {
    "pull_says": "Digest: sha256:00\\n",
    "image_says": "sha256:00 x@sha256:00\\n",
    "manifest_says": "a list\\n",
    "run_says": "Python 3.14.2\\n",
}


def test_pin_changes_the_images_and_the_python_and_nothing_else(recording: Project) -> None:
    recording.write(
        "Dockerfile", recording.read("Dockerfile") + "RUN printf 'a\\tb\\\\n' \\\n  &&\n"
    )
    unpinned = recording.read("Dockerfile")
    under(recording, **PINNED).run("sh", "make/pin")
    pinned = re.sub(r"^(ARG \w+_IMAGE=[^@\n]*).*", r"\1@sha256:00", unpinned, flags=re.MULTILINE)
    assert recording.read("Dockerfile") == pinned != unpinned
    assert recording.read(".python-version") == "3.14.2\n"
    again = under(recording, **PINNED).run("sh", "make/pin")
    assert again.output.startswith("nothing to change")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            {"fails": "pull"},
            "nothing was changed: {image} can't be pulled from its registry; again",
        ),
        (
            {"fails": "manifest", "pull_says": ""},
            "nothing was changed: {engine} does not say the digest of {image}; write it into Docker",
        ),
        ({"fails": "run", "run_says": ""}, ""),
        (
            {"run_says": ""},
            "nothing was changed: {image} does not say which Python it has; name another",
        ),
    ],
)
def test_a_pin_that_fails_changes_nothing_and_says_why(
    recording: Project, name: str, state: dict[str, str], said: str
) -> None:
    files = ("Dockerfile", ".python-version")
    before = [recording.read(file) for file in files]
    failed = under(recording, **PINNED | state).run("sh", "make/pin", check=False)
    assert failed.code
    [image] = re.findall(r"(?m)^ARG UV_IMAGE=([^@\n]*)", before[0])
    assert failed.output.startswith(said.format(engine=name, image=image))
    assert [recording.read(file) for file in files] == before


def test_two_builds_are_compared_and_gone_afterwards(recording: Project) -> None:
    said = recording.run("sh", "make/verify", "--label", "a=two words", image_says="sha256:00\\n")
    assert said.output.endswith("sha256:00\nsha256:00\nboth are the same\n")
    record = Path(recording.env["record"]).read_text()
    builds = recorded(recording, "build")
    assert [build[-3:] for build in builds] == [["--label", "a=two words", "."]] * 2
    assert all("--no-cache" in build for build in builds)
    removed = "\0".join(["image", "rm", *(value(build, "--tag") for build in builds)])
    assert removed in record
    failed = recording.run("sh", "make/verify", check=False, fails="build")
    assert failed.code == 1
    assert failed.last_line.startswith("the image was not built: ")


@pytest.mark.parametrize(("package", "needed"), [("psycopg2", "g++ libpq-dev"), ("lib", "g++")])
def test_what_builds_a_package_without_a_wheel_is_named(
    recording: Project, package: str, needed: str
) -> None:
    sdist = f'[[package]]\nname = "{package}"\nsdist = {{ url = "lib.tar.gz" }}\n'
    own = f'dependencies = [\n    {{ name = "{package}" }},\n]\n'
    recording.write(
        "uv.lock", f'[[package]]\nname = "a"\nsource = {{ editable = "." }}\n{own}{sdist}'
    )
    said = recording.run("sh", "make/why", buildx_says="--provenance").last_line
    assert f"of {package}, which" in said
    assert f'ARG BUILD_PACKAGES="{needed}" in Dockerfile' in said
