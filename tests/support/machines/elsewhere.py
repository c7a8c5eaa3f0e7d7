"""A second engine of either kind: it has no image yet, and a network with nothing but a loopback."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.support.engine import Engine, answers, shared
from tests.support.machines.here import write_script

# Where such a network has a registry.
REGISTRY = "127.0.0.1:5000"
CONFIG = "{{version: 0.1, storage: {{filesystem: {{rootdirectory: {folder}/data}}}}, http: {{addr: '{address}'}}}}"
# The one of newer Dockers, which keeps images of several platforms.
STORE = '{"features": {"containerd-snapshotter": true}}'
DAEMONS = {
    "docker": "dockerd --config-file={folder}/daemon.json --data-root=/var/lib/{name} --exec-root=/run/{name} "
    "--pidfile=/run/{name}.pid --host=unix:///run/{name}.sock",
    "podman": "sleep infinity",
}
OPTIONS = {
    "docker": "--host=unix:///run/{name}.sock",
    "podman": "--root=/var/lib/{name} --runroot=/run/{name} --tmpdir=/run/{name}/tmp",
}
WRAPPER = """\
#!/bin/sh
exec nsenter --net=/proc/{pid}/ns/net {bin}/{tool} {options} "$@"
"""


def await_answer(engine: Engine, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the engine that this process serves answers; AssertionError if it does not."""
    for _ in range(300):
        if answers(engine):
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"{engine.name} does not answer: {log.read_text()}")


@contextmanager
def elsewhere(engine: Engine, name: str, folder: Path, *more: str) -> Iterator[Engine]:
    """Start one of the throwaway engine's kind, in a network of its own; all of it is gone afterwards.

    `more` are further options of its daemon.
    """
    assert engine.bin
    (folder / "daemon.json").write_text(STORE)
    names = {"name": name, "folder": folder}
    inside = ["nsenter", f"--target={shared.pid()}", "--mount", "--pid", "env", shared.INSIDE_PATH]
    script = 'ip link set lo up && exec setpriv --pdeathsig TERM "$@"'
    command = ["unshare", "--net", *inside, "sh", "-c", script, "sh"]
    with (folder / "log").open("w") as log:
        daemon = DAEMONS[engine.name].format(**names).split()
        server = subprocess.Popen([*command, *daemon, *more], stdout=log, stderr=log)
    commands = folder / "bin"
    there = replace(engine, bin=commands)
    for tool in (engine.name, "docker-registry", "skopeo"):
        options = OPTIONS.get(tool, "").format(**names)
        known = {"pid": server.pid, "bin": engine.bin, "options": options}
        write_script(commands / tool, WRAPPER.format(tool=tool, **known))
    try:
        await_answer(there, server, folder / "log")
        yield there
    finally:
        subprocess.run([commands / engine.name, "rm", "--force", "--all"], capture_output=True)
        server.terminate()
        server.wait()
        time.sleep(1)
        for path in (f"var/lib/{name}", f"run/{name}"):
            shutil.rmtree(shared.ROOT / path, ignore_errors=True)


@contextmanager
def registry(there: Engine, folder: Path) -> Iterator[str]:
    """Run a registry in that engine's network; gives its address."""
    (folder / "registry.yml").write_text(CONFIG.format(folder=folder, address=REGISTRY))
    serve = [f"{there.bin}/docker-registry", "serve", f"{folder}/registry.yml"]
    look = [f"{there.bin}/skopeo", "inspect", "--tls-verify=false", f"docker://{REGISTRY}/none"]
    server = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while "unknown" not in subprocess.run(look, capture_output=True, text=True).stderr:
            assert server.poll() is None, "the registry ended"
            time.sleep(0.1)
        yield REGISTRY
    finally:
        server.terminate()
        server.wait()
