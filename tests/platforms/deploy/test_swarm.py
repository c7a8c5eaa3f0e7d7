"""docs/swarm.md, as written: the image on two machines, under load, while things go wrong."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
import yaml

from tests.support.answers import DEFAULT_PYTHON, TEMPLATE
from tests.support.containers import Containerised
from tests.support.machines.swarm import REGISTRY, swarm
from tests.support.project import Project, Render
from tests.support.reading.hardening import hardening

PAGE = (TEMPLATE / "docs/swarm.md").read_text()
[STACK] = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
# Four clients. Each asks a replica; where that fails it asks another one, once. What they counted is
# printed all the time.
CLIENTS = """
import collections, json, random, socket, threading, time, urllib.request

counted = collections.Counter()

def choose(*but):
    found = {each[4][0] for each in socket.getaddrinfo("tasks.app", 8000)}
    return random.choice(sorted(found.difference(but)))

def ask(replica):
    with urllib.request.urlopen(f"http://{replica}:8000/", timeout=5) as response:
        return json.load(response)["message"]

def client():
    while True:
        replica = None
        try:
            replica = choose()
            answer = ask(replica)
        except Exception:
            counted["asked again"] += 1
            try:
                answer = ask(choose(replica))
            except Exception as error:
                answer = f"lost: {error!r}"
        counted[answer] += 1

for _ in range(4):
    threading.Thread(target=client, daemon=True).start()
while True:
    time.sleep(0.2)
    print(json.dumps(counted), flush=True)
"""
FIRST, SECOND = "Hello, World!", "Hello again, World!"


@pytest.fixture
def project(containerised: Containerised, worker_id: str) -> Iterator[Project]:
    """A service with three images: two versions, and one that does not start."""
    name = f"swarm-{worker_id}"
    project = containerised(app_name=name, kind="service")
    main = f"src/{name.replace('-', '_')}/main.py"
    edits = [
        ("", ""),
        ("{load().greeting}, ", "{load().greeting} again, "),
        ("    settings = load()\n", '    settings = sys.exit("broken")\n'),
    ]
    for tag, (old, new) in enumerate(edits, 1):
        project.replace(main, old, new)
        project.make("build", f"IMAGE={REGISTRY}/{name}", f"TAG={tag}")
    yield project
    images = [f"{REGISTRY}/{name}:{tag}" for tag in (1, 2, 3)]
    project.run(project.env["ENGINE"], "image", "rm", "--force", *images)


def test_a_stack_is_told_all_that_make_up_tells_the_engine(render: Render) -> None:
    app = yaml.safe_load(STACK)["services"]["app"]
    stack = {
        ("--init",): app["init"],
        ("--env-file", ".env"): app["environment"],
        ("--read-only",): app["read_only"],
        ("--tmpfs", "/tmp"): app["volumes"] == [{"type": "tmpfs", "target": "/tmp"}],
        ("--cap-drop", "ALL"): app["cap_drop"] == ["ALL"],
        ("--pids-limit", str(app["deploy"]["resources"]["limits"]["pids"])): True,
        # A stack can't say it; the page says where it stands.
        ("--security-opt", "no-new-privileges"): '{"no-new-privileges": true}' in PAGE,
    }
    project = render(kind="service")
    assert hardening(project) == set(stack)
    assert all(stack.values())
    named = re.findall(r"^(\w+)=", project.read(".env.example"), re.MULTILINE)
    assert set(app["environment"]) == set(named) - {"PORT", "BIND_HOST"}
    # What runs has its time to end, and shutdown code after it.
    assert (
        int(app["stop_grace_period"].removesuffix("s"))
        >= app["environment"]["SHUTDOWN_TIMEOUT"] + 5
    )


@pytest.mark.slow
def test_no_request_is_lost_while_a_replica_dies_and_versions_change(
    project: Project,
    worker_id: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    image = f"{REGISTRY}/swarm-{worker_id}"
    base = f"python:{DEFAULT_PYTHON}-slim-trixie"
    with swarm(project, f"machines-{worker_id}", base, tmp_path) as machines:
        machines.push(*(f"{image}:{tag}" for tag in (1, 2, 3)))

        def deploy(tag: int) -> None:
            [command] = re.findall(r"^    (docker stack deploy .*)$", PAGE, re.MULTILINE)
            words = command.replace("stack.yml", "-").split()
            stack = STACK.replace("my_app", image.rpartition("/")[2].replace("-", "_"))
            machines.run("env", f"IMAGE={image}", f"TAG={tag}", *words, stdin=stack)

        def counted() -> dict[str, int]:
            said = machines.run("docker", "service", "logs", "--raw", "--tail=1", "clients").output
            return cast("dict[str, int]", json.loads(said or "{}"))

        def answered(by: str, number: int = 200) -> None:
            wanted = counted().get(by, 0) + number
            for _ in range(300):
                if counted().get(by, 0) >= wanted:
                    return
                time.sleep(0.1)
            pytest.fail(f"{by!r} was not heard {number} times more: {counted()}")

        def replicas(machine: int) -> list[str]:
            ps = ("docker", "ps", "--quiet", "--filter=name=my-app_app")
            return machines.run(*ps, machine=machine).output.split()

        deploy(1)
        assert sorted(map(len, (replicas(1), replicas(2)))) == [1, 2]
        confined = (
            "touch /tmp/x && ! touch /app/x 2>/dev/null && grep -E 'NoNew|CapBnd' /proc/1/status"
        )
        seen = machines.run("docker", "exec", replicas(1)[0], "sh", "-c", confined).output
        assert seen.split() == ["CapBnd:", "0" * 16, "NoNewPrivs:", "1"]
        create = "docker service create --detach --quiet --name=clients --no-healthcheck"
        inside = ("--network=my-app_default", "--entrypoint=python")
        machines.run(*create.split(), *inside, f"{image}:1", "-c", CLIENTS)
        answered(FIRST)

        killed = replicas(2)[0]
        machines.run("docker", "kill", killed, machine=2)
        deploy(2)
        assert killed not in replicas(2)
        assert len(replicas(1) + replicas(2)) == 3
        answered(SECOND)

        deploy(3)
        state = ("docker", "service", "inspect", "--format={{.UpdateStatus.State}}", "my-app_app")
        assert machines.run(*state).output == "rollback_completed\n"
        answered(SECOND)

        found = counted()
        assert found.keys() <= {FIRST, SECOND, "asked again"}, found
        record_property("requests answered by a swarm in trouble, none lost", sum(found.values()))
