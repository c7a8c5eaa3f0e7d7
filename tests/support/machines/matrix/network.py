"""A network of a row's own, with a way out: two engines in one network would share bridges and rules."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.engine.shell import EngineError, run
from tests.support.engine.throwaway import downloaded

# As root, so that it may enter; nothing that listens on one side is reached from the other.
OPTIONS = (
    "--foreground --config-net --runas 0 --netns-only -t none -u none -T none -U none --no-map-gw"
)


@contextmanager
def network(folder: Path) -> Iterator[list[str]]:
    """Make one, which goes with the context; gives the command that enters it. `folder` is for its files."""
    pasta = shutil.which("pasta") or downloaded("passt") / "usr/bin/pasta"
    name = folder / "network"
    name.touch()
    doing = "making a network namespace"
    run("unshare", f"--net={name}", "ip", "link", "set", "lo", "up", doing=doing)
    enter = ["nsenter", f"--net={name}"]
    with (folder / "network.log").open("w") as log:
        way_out = subprocess.Popen(
            [pasta, *OPTIONS.split(), "--netns", name], stdout=log, stderr=log
        )
    try:
        while not run(*enter, "ip", "route", doing=doing):
            if way_out.poll() is not None:
                raise EngineError(f"{doing} failed: {(folder / 'network.log').read_text()}")
            time.sleep(0.1)
        yield enter
    finally:
        way_out.terminate()
        way_out.wait()
        run("umount", "--lazy", name, doing="leaving the network namespace")
