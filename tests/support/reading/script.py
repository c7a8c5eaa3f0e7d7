"""The shell scripts of a project, and what they run, as shfmt reads it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


def scripts(folder: Path) -> list[Path]:
    """Return the scripts of make/, and what they share."""
    files = sorted(folder.glob("make/*"))
    return [file for file in files if file.suffix in ("", ".sh") and file.name != "checksums"]


def commands(script: str) -> list[list[str]]:
    """Return the words of each command that is no function of the script's own.

    "$" stands in a word for what is known only when it runs.
    """
    said = subprocess.run(
        [BIN / "shfmt", "--to-json"], input=script, stdout=subprocess.PIPE, text=True, check=True
    )
    nodes = list(_nodes(json.loads(said.stdout)))
    own = {node["Name"]["Value"] for node in nodes if node.get("Type") == "FuncDecl"}
    called = [[_text(word) for word in node["Args"]] for node in nodes if node.get("Args")]
    return [words for words in called if words[0] not in own]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(child, dict | list):
            yield from _nodes(child)


def _text(word: dict[str, Any]) -> str:
    parts = word.get("Parts", [])
    return "".join(
        _text(part) if part["Type"] == "DblQuoted" else str(part.get("Value", "$"))
        for part in parts
    )
