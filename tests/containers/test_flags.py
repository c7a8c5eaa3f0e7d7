"""What an owner changes in the Makefile reaches the container and the image, by one line each."""

from collections.abc import Callable, Iterator

import pytest

from tests.containers.conftest import app_name, inside, inspect, run_engine
from tests.support.project import Project

LIMIT = (
    "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
)


@pytest.fixture
def change(service: Project) -> Iterator[Callable[[str, str], None]]:
    """Give a variable of the Makefile a value; afterwards it is empty again."""
    yield lambda name, value: service.replace("Makefile", f"{name} ?=\n", f"{name} ?= {value}\n")
    service.git("checkout", "--quiet", "Makefile")
    service.git("clean", "--quiet", "--force", "-x", "inventory.ini", "*.tar")


@pytest.mark.parametrize(
    ("flags", "probe", "seen"),
    [
        ("--memory 64m", LIMIT, str(64 * 2**20)),
        ("--volume $(CURDIR)/inventory.ini:/inventory.ini:ro", "cat /inventory.ini", "[routers]"),
    ],
)
def test_a_flag_of_the_container_is_one_line(
    service: Project,
    change: Callable[[str, str], None],
    port: int,
    flags: str,
    probe: str,
    seen: str,
) -> None:
    """A memory limit, and a mounted file: in the service, in a shell, and where the image goes."""
    service.write("inventory.ini", "[routers]\n")
    change("RUN_FLAGS", flags)
    service.make("up", f"PORT={port}")
    assert run_engine(service, "exec", app_name(service), "sh", "-c", probe) == f"{seen}\n"
    service.make("down")
    assert inside(service, probe).splitlines()[-1] == seen
    assert flags.replace("$(CURDIR)", str(service.folder)) in service.make("save").output


def test_a_flag_of_the_build_is_one_line(
    service: Project, change: Callable[[str, str], None]
) -> None:
    change("BUILD_FLAGS", "--label org.example.team='network tools'")
    service.make("build", "TAG=labelled")
    labels = inspect(service, f"{app_name(service)}:labelled")["Config"]["Labels"]
    assert labels["org.example.team"] == "network tools"
    run_engine(service, "image", "rm", f"{app_name(service)}:labelled")
