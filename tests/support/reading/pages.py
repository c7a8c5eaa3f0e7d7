"""What a reader copies from a page: the commands, which are set in, and the lines of a file, in fences."""

import re
import textwrap
from collections.abc import Callable, Mapping

from tests.support.project import Project

Record = Callable[[str, object], None]


def sections(text: str, level: int) -> dict[str, str]:
    """The text below each heading of that level."""
    _, *parts = re.split(rf"(?m)^{'#' * level} (.*)\n", text)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def blocks(text: str) -> list[str]:
    """The blocks of commands, outside of fences."""
    text = re.sub(r"(?ms)^```.*?^```$", "", text)
    return [textwrap.dedent(found) for found in re.findall(r"(?m)(?:^    .*\n)+", text)]


def listings(text: str, language: str) -> list[str]:
    """The lines to write into a file in that language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)


def type_in(
    project: Project, block: str, record_property: Record, stand_ins: Mapping[str, str]
) -> str:
    """Type a block into a shell, with each stand-in that it needs, and return what was printed."""
    lines = [f"{line}\n" for line in block.splitlines() if not line.startswith("#")]
    typed = list(lines)
    for written, instead in stand_ins.items():
        typed = [line.replace(written, instead) for line in typed]
    same = sum(line == now for line, now in zip(lines, typed, strict=True))
    record_property("lines of the READMEs run as written", same)
    record_property("lines of the READMEs run with a stand-in", len(lines) - same)
    return project.run("sh", "-ec", "".join(typed)).output
