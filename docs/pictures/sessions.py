"""Record terminal sessions of a new project, and draw each as an SVG beside this file."""

import os
import pty
import re
import shlex
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

SESSIONS = {
    "help": ["make"],
    "session": ["make start check run"],
    "update": [
        "tail -n 1 Makefile",
        "make update",
        "git status --short",
        "tail -n 1 Makefile",
    ],
}
EDIT = "RUN_FLAGS += --memory 512m\n"
COLUMNS = 76
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
    """Render the default project of an earlier commit, type the commands of each session, and draw them."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder, "home"), uv_cache()) | {
            "TERM": "xterm-256color",
            "COLUMNS": str(COLUMNS),
            "COPIER": str(ROOT / ".venv/bin/copier"),
        }
        template, project = Path(folder, "template"), Path(folder, "my-app")
        release_twice(template, env)
        render(template, project, env)
        for name, commands in SESSIONS.items():
            lines = []
            for command in commands:
                lines += [f"$ {command}", *shown(record(command, project, env))]
            draw(name, lines)


def release_twice(template: Path, env: dict[str, str]) -> None:
    """Clone this repository; its last commit is a version, and one a few changes earlier, too."""
    git = ["git", "-C", str(template)]
    subprocess.run(["git", "clone", "--quiet", "--no-tags", ROOT, template], env=env, check=True)
    log = [*git, "log", "-5", "--format=%H", "--", "template"]
    earlier = subprocess.check_output(log, env=env, text=True).split()[-1]
    for tag, commit in [("v0.1.0", earlier), ("v0.2.0", "HEAD")]:
        subprocess.run([*git, "tag", tag, commit], env=env, check=True)


def render(template: Path, project: Path, env: dict[str, str]) -> None:
    """Render the earlier version with the newest Python that is here, and commit an edit."""
    find = ["uv", "python", "find", "-q"]
    python = next(
        each
        for each in sorted(PYTHONS, reverse=True)
        if not subprocess.run([*find, each], env=env, capture_output=True).returncode
    )
    copier = [env["COPIER"], "copy", "--quiet", "--defaults", "--vcs-ref=v0.1.0"]
    subprocess.run([*copier, f"-dpython_version={python}", template, project], env=env, check=True)
    with Path(project, "Makefile").open("a") as makefile:
        makefile.write(EDIT)
    for step in ("init --quiet", "add --all", "commit --quiet --message=edited"):
        subprocess.run(["git", "-C", str(project), *step.split()], env=env, check=True)


def record(command: str, project: Path, env: dict[str, str]) -> str:
    """Return what the command prints to a terminal."""
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        shlex.split(command), cwd=project, env=env, stdin=inside, stdout=inside, stderr=inside
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
    if process.wait():
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


def draw(name: str, lines: list[str]) -> None:
    """Draw these lines of a terminal as NAME.svg."""
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text.from_ansi("\n".join(lines)))
    console.save_svg(
        str(Path(__file__).with_name(f"{name}.svg")),
        title="my-app",
        theme=DIMMED_MONOKAI,
        code_format=FONTS.sub("", CONSOLE_SVG_FORMAT),
        unique_id=name,
    )


if __name__ == "__main__":
    main()
