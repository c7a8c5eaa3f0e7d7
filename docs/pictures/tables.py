"""Write the tables of docs/ from copier.yml and from the help of a rendered project."""

import ast
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import copier
import yaml

DOCS = Path(__file__).resolve().parent.parent
ROOT = DOCS.parent


def main() -> None:
    """Render the default project, and write both tables."""
    with tempfile.TemporaryDirectory() as folder:
        copier.run_copy(str(ROOT), folder, defaults=True, quiet=True, vcs_ref="HEAD")
        tables = {"questions": questions(), "commands": commands(Path(folder))}
    for name, table in tables.items():
        page = DOCS / f"{name}.md"
        page.write_text(written(page.read_text(), name, table))


def written(text: str, name: str, table: str) -> str:
    """Return the text of a page with the table between the two comments that name it."""
    begin, end = f"<!-- {name}: written by `make pictures` -->\n", f"<!-- /{name} -->\n"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"


def questions() -> str:
    """Return the table of the questions in copier.yml."""
    asked = [("question", "what", "answers", "default"), ("---",) * 4]
    for name, question in asked_of_a_new_project().items():
        choices = question.get("choices", [])
        values = choices.values() if isinstance(choices, dict) else choices
        default = question["default"]
        defaults = default if isinstance(default, list) else [default]
        asked.append(
            (
                f"`{name}`",
                question["help"],
                ", ".join(f"`{value}`" for value in values) or "text",
                ", ".join(f"`{value}`" for value in defaults if value),
            )
        )
    return rows(asked)


def asked_of_a_new_project() -> dict[str, dict[str, Any]]:
    """Return the questions in copier.yml, with the defaults that they have where nothing is there yet."""
    settings: dict[str, Any] = yaml.safe_load((ROOT / "copier.yml").read_text())
    asked = {
        name: question
        for name, question in settings.items()
        if not name.startswith("_") and str(question.get("when", "not found")).count("not found")
    }
    for question in asked.values():
        # {{ what the existing project has if ... else 'the default' }}
        if other := re.search(r" else (.*) }}$", str(question["default"])):
            question["default"] = ast.literal_eval(other[1])
    return asked


def commands(project: Path) -> str:
    """Return the table of the commands that `make` lists in that project."""
    listed = [("command", "what"), ("---",) * 2]
    help_ = subprocess.check_output(["make", "--no-print-directory"], cwd=project, text=True)
    for line in help_.splitlines():
        if command := re.fullmatch(r"  ([a-z]+) +(.*)", line):
            listed.append((f"`make {command[1]}`", command[2]))
        elif group := re.fullmatch(r"(.+?)(?: \((.*)\))?", line):
            listed.append((f"**{group[1]}**", group[2] or ""))
    return rows(listed)


def rows(cells: Sequence[Sequence[str]]) -> str:
    """Return the lines of a Markdown table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


if __name__ == "__main__":
    main()
