"""How `make up` hardens, so that what runs on other machines can be compared with it."""

import re
import shlex

from tests.conftest import Project

# What belongs to the one container on this machine.
OWN = {"--rm", "--detach", "--interactive", "--name", "--publish", "--env"}


def hardening(project: Project) -> set[tuple[str, ...]]:
    """Return the options that `make up` gives to the engine, each with its value."""
    said = project.make("--dry-run", "up", "ENGINE=docker").output.replace("\\\n", " ")
    command, *_ = re.findall(r"docker run (.*?)(?:>|\|\||$)", said, re.MULTILINE)
    options: list[tuple[str, ...]] = []
    for word in shlex.split(command):
        if word.startswith("--"):
            options.append((word,))
        elif options and len(options[-1]) == 1:
            options[-1] += (word,)
    return {option for option in options if option[0] not in OWN}
