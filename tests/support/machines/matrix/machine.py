"""A row's machine: its root file system, entered in namespaces of its own, on which a command runs."""

import os
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path

from uv import find_uv_bin

from tests.support.engine.shared import INSIDE_PATH
from tests.support.machines.here import path
from tests.support.run.left_out import no_python

from .network import network
from .roots import root_of
from .rows import Row

# How this machine reaches the package indexes; proxies have either case.
CARRIED = re.compile(
    r"((HTTPS?|ALL|NO)_PROXY|SSL_CERT_DIR|PIP_\w*(INDEX|CERT|HOST|TIMEOUT)\w*|NPM_CONFIG_\w+"
    r"|UV_\w*(INDEX|HOST|TIMEOUT)\w*|UV_(NATIVE_TLS|SYSTEM_CERTS))$",
    re.IGNORECASE,
)
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"  # of a row
CERTIFICATES = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")


class NoPython(Exception):
    """The row's Python is not its Debian's, and this machine has none to lend."""


def run_on(row: Row, command: list[str], log: Path, cold: bool) -> int:
    """Run a command as the row's user, its output into `log`; return its exit status."""
    lent = "" if row.python_is_its_own else _lent_python(row.python)
    with ExitStack() as stack:
        root = stack.enter_context(root_of(row, cold))
        machine = {
            "ROOT": str(root),
            "ROW_USER": row.user,
            "ENGINE": row.engine,
            "SHOWN": lent,
            "FIXED": row.home_folder if row.home == "readonly" else "",
        }
        enter = stack.enter_context(network(root)) if row.engine != "none" else []
        enter += ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        script = ["sh", str(Path(__file__).with_name("machine.sh")), *_environment(row, lent)]
        output = stack.enter_context(log.open("w"))
        done = subprocess.run(
            [*enter, *script, *command],
            env=machine | dict([INSIDE_PATH.split("=")]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    return done.returncode


def _lent_python(python: str) -> str:
    """Return the folder of a Python that this machine has, or that uv can fetch."""
    for action in (["find", "--no-project"], ["install", "--quiet"], ["find", "--no-project"]):
        command = [find_uv_bin(), "python", *action, python]
        env = os.environ | {"PATH": path()}
        found = subprocess.run(command, env=env, capture_output=True, text=True).stdout.strip()
        # What is in /usr needs the rest of it.
        if found and not Path(found).resolve().is_relative_to("/usr"):
            return str(Path(found).resolve().parents[1])
    raise NoPython(": ".join(no_python(python)))


def _environment(row: Row, lent: str) -> list[str]:
    """Return what a row's user has in the environment."""
    carried = {name: value for name, value in os.environ.items() if CARRIED.match(name)}
    carried |= dict.fromkeys(filter(os.environ.__contains__, CERTIFICATES), CA_BUNDLE)
    searched = INSIDE_PATH.partition("=")[2]
    own = {
        "HOME": row.home_folder,
        "LANG": "C.UTF-8",
        "PATH": f"{lent}/bin:{searched}" if lent else searched,
        "UV_PYTHON_DOWNLOADS": "never",  # its Python is the one that is tried, not what uv fetches
    }
    if row.home == "readonly":
        own["UV_CACHE_DIR"] = row.uv_cache
    if (row.engine, row.user) == ("none", "root"):
        own["ENGINE"] = "none"  # the suite would set one up
    return [f"{name}={value}" for name, value in (carried | own).items()]
