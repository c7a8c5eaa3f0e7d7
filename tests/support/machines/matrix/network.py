"""A network of a row's own, with a way out: two engines in one network would share bridges and rules."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.engine.shell import EngineError, run

# The row's own slirp4netns: it needs the row's libraries, and no rule of this machine's firewall.
WAY_OUT = """
mount --rbind /dev "$1/dev" && exec chroot "$1" \\
    slirp4netns --configure --mtu=1500 --disable-host-loopback --netns-type=path /run/network tap0
"""


@contextmanager
def network(root: Path) -> Iterator[list[str]]:
    """Make one for the row with that root file system; gives the command that enters it."""
    name, doing = root / "run/network", "making a network namespace"
    name.touch()
    run("unshare", f"--net={name}", "ip", "link", "set", "lo", "up", doing=doing)
    enter = ["nsenter", f"--net={name}"]
    with (root / "run/network.log").open("w") as log:
        start = ["unshare", "--mount", "sh", "-c", WAY_OUT, "sh", str(root)]
        way_out = subprocess.Popen(start, stdout=log, stderr=log)
    try:
        while not run(*enter, "ip", "route", doing=doing):
            if way_out.poll() is not None:
                raise EngineError(f"{doing} failed: {(root / 'run/network.log').read_text()}")
            time.sleep(0.1)
        yield enter
    finally:
        way_out.terminate()
        way_out.wait()
        run("umount", "--lazy", name, doing="leaving the network namespace")
