"""Record a terminal session of a new project, and draw it as session.svg."""

import os
import pty
import re
import subprocess
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from tests.conftest import uv_cache
from tests.support.answers import PYTHONS
from tests.support.machines.here import ROOT, environment

COMMAND = ["make", "start", "check", "run"]
COLUMNS = 80
# Lines that tell a reader nothing.
LEFT_OUT = re.compile(
    r"(Using CPython|Creating virtual|platform |rootdir: |configfile: |testpaths: |plugins: |$)"
)
# Lists that an ellipsis replaces: the installed packages, and the table of coverage.
LONG = re.compile(r" [+] |=+ tests coverage|_+ coverage|-+$|Name +Stmts|src/.*%|TOTAL ")
ELLIPSIS = "…"
# Control sequences that are not a colour.
CONTROL = re.compile(r"\x1b(\[[?\d;]*[A-Zhl]|[=>]|\(B)")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def main() -> None:
    """Render the default project, run the command in a terminal, and draw what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder, "home"), uv_cache()) | {
            "TERM": "xterm-256color",
            "COLUMNS": str(COLUMNS),
        }
        project = Path(folder, "my-app")
        render(project, env)
        printed = record(project, env)
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text.from_ansi("\n".join([f"$ {' '.join(COMMAND)}", *shown(printed)])))
    console.save_svg(
        str(Path(__file__).with_name("session.svg")),
        title="my-app",
        theme=DIMMED_MONOKAI,
        code_format=FONTS.sub("", CONSOLE_SVG_FORMAT),
        unique_id="session",
    )


def render(project: Path, env: dict[str, str]) -> None:
    """Render with the defaults, and the newest Python that is available here."""
    copier = [str(ROOT / ".venv/bin/copier"), "copy", "--quiet", "--defaults", "--vcs-ref=HEAD"]
    for python in sorted(PYTHONS, reverse=True):
        if not subprocess.run(
            ["uv", "python", "find", "-q", python], env=env, capture_output=True
        ).returncode:
            subprocess.run(
                [*copier, f"--data=python_version={python}", ROOT, project], env=env, check=True
            )
            return


def record(project: Path, env: dict[str, str]) -> str:
    """Return what the command prints to a terminal."""
    terminal, inside = pty.openpty()
    command = subprocess.Popen(
        COMMAND, cwd=project, env=env, stdin=inside, stdout=inside, stderr=inside
    )
    os.close(inside)
    printed = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        printed += chunk
    if command.wait():
        raise SystemExit(printed.decode())
    return printed.decode()


def shown(printed: str) -> Iterator[str]:
    """Yield the lines that stay on the screen, without those in LEFT_OUT."""
    last = ""
    for line in printed.split("\r\n"):
        final = CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2])
        text = COLOUR.sub("", final)
        if LONG.match(text):
            final = ELLIPSIS
        if not LEFT_OUT.match(text) and not final == last == ELLIPSIS:
            yield (last := final.rstrip())


if __name__ == "__main__":
    main()
