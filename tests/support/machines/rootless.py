"""An engine of a user who is not root, on a machine with make and git, and with neither uv nor Python.

The machine is the throwaway engine's, seen from inside. The engine has images, settings and a network
of its own, as such a user has them.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.support.engine import Engine, shared, throwaway
from tests.support.engine.shell import succeeds
from tests.support.machines.elsewhere import await_answer
from tests.support.machines.here import write_script

CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"  # on that machine
DAEMON = "/usr/share/docker.io/contrib/dockerd-rootless.sh"
# Whoever changes its user is no longer told of its parent's death, so that is asked for afterwards.
WRAPPER = """\
#!/bin/sh
# Runs {tool} as that user, in the same folder.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec nsenter --target {pid} --mount --pid \\
    env --chdir="$PWD" -u DOCKER_CONTEXT ${{SSL_CERT_FILE:+SSL_CERT_FILE={ca}}} HOME={home} XDG_RUNTIME_DIR={home}/run \\
    DOCKER_HOST=unix://{home}/run/docker.sock PODMAN_IGNORE_CGROUPSV1_WARNING=1 \\
    setpriv --reuid={user} --regid={user} --clear-groups setpriv --pdeathsig TERM {tool} "$@"
"""


def rootless_is_possible() -> bool:
    """Whether this kernel lets a user who is not root make namespaces, and a network of their own."""
    user = ("setpriv", f"--reuid={throwaway.USER}", f"--regid={throwaway.USER}", "--clear-groups")
    unshare = ("unshare", "--user", "--map-root-user", "--net", "true")
    return Path("/dev/net/tun").exists() and succeeds(*user, *unshare)


@contextmanager
def rootless(engine: Engine) -> Iterator[Engine]:
    """Start one of the throwaway engine's kind; all of it is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix=f"rootless-{engine.name}-"))
    mine = replace(engine, bin=home / "bin", home=home)
    for folder in (home, home / "bin", home / "run"):
        folder.mkdir(exist_ok=True)
        os.chown(folder, throwaway.USER, throwaway.USER)
    known = {"pid": shared.pid(), "home": home, "user": throwaway.USER, "ca": CA_BUNDLE}
    for tool in ("make", "git", engine.name, DAEMON):
        write_script(home / "bin" / Path(tool).name, WRAPPER.format(tool=tool, **known))
    daemon = {"docker": [f"{home}/bin/{Path(DAEMON).name}"], "podman": ["sleep", "infinity"]}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(daemon[engine.name], stdout=log, stderr=log)
    try:
        await_answer(mine, server, home / "log")
        yield mine
    finally:
        if engine.name == "podman":
            subprocess.run([home / "bin/podman", "system", "reset", "--force"], capture_output=True)
        server.terminate()
        server.wait()
        shutil.rmtree(home, ignore_errors=True)


def hand_over(folder: Path, engine: Engine) -> Path:
    """Give a folder to who types that engine's commands; return where it is then."""
    if not engine.home:
        return folder
    given = Path(shutil.move(folder, Path(tempfile.mkdtemp(dir=engine.home)) / folder.name))
    for path in [given.parent, given, *given.rglob("*")]:
        os.chown(path, throwaway.USER, throwaway.USER, follow_symlinks=False)
    return given
