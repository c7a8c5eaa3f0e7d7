"""What each rendered file has to be: readable by its own parser, and without white space that a template left."""

import ast
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import yaml

PARSERS: dict[str, Callable[[str], object]] = {
    ".json": lambda text: json.loads(re.sub(r"^ *//.*", "", text, flags=re.MULTILINE)),
    ".lock": tomllib.loads,
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yml": yaml.safe_load,
    ".yaml": yaml.safe_load,
}


def assert_tidy(name: str, text: str) -> None:
    """Fail where a rendered file can't be read, or holds white space that a template left behind."""
    PARSERS.get(Path(name).suffix, str)(text)
    if text:
        assert text.endswith("\n"), f"{name} does not end with a line end"
    assert not text.startswith("\n"), f"{name} begins with a blank line"
    assert not text.endswith("\n\n"), f"{name} ends with a blank line"
    assert not re.search(r"[ \t\r]$", text, re.MULTILINE), f"{name} has white space at a line's end"
    # Python has two between its functions.
    assert "\n" * (4 if name.endswith(".py") else 3) not in text, f"{name} has blank lines in a row"
