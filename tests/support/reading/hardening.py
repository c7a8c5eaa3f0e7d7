"""How `make up` hardens, so that what runs on other machines can be compared with it."""

import shlex
import tempfile
from pathlib import Path

from tests.support.machines.here import write_script
from tests.support.project import Project

# What belongs to the one container on this machine.
OWN = {"--rm", "--detach", "--interactive", "--name", "--publish", "--stop-timeout", "--env"}


def hardening(project: Project) -> set[tuple[str, ...]]:
    """Return the options that `make up` gives to the engine, each with its value."""
    with tempfile.TemporaryDirectory() as folder:
        write_script(Path(folder, "docker"), "#!/bin/sh\necho docker\n")
        path = f"{folder}:{project.env['PATH']}"
        said = project.run("sh", "make/container", "command", "app:1.0", PATH=path).output
    options: list[tuple[str, ...]] = []
    for word in shlex.split(said):
        if word.startswith("--"):
            options.append((word,))
        elif options and len(options[-1]) == 1:
            options[-1] += (word,)
    return {option for option in options if option[0] not in OWN}
