"""Copier, as its command, with two of its costs paid once for all runs of a test session.

It compiles some 600 Jinja sources for each render, and asks git for each file whether it keeps
modes. An update renders three times.
"""

import hashlib
import marshal
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import copier._main
from copier._cli import CopierApp
from jinja2 import Environment

# The copier of this environment: what `uvx` would fetch is the same version.
COMMAND = [sys.executable, __file__]
compile_ = Environment.compile


def patch(kept: Path) -> None:
    """Keep what Jinja compiles in that folder; and git keeps modes where the tests run."""
    kept.mkdir(parents=True, exist_ok=True)
    known: dict[str, Any] = {}

    def compiled(env: Environment, source: Any, name: Any = None, *rest: Any, **more: Any) -> Any:
        if not isinstance(source, str):
            return compile_(env, source, name, *rest, **more)
        syntax = env.block_start_string, env.trim_blocks, env.lstrip_blocks, *env.extensions
        key = hashlib.sha256(repr((source, name, more, syntax)).encode()).hexdigest()
        if key not in known:
            if not (kept / key).exists():
                with NamedTemporaryFile(dir=kept, delete=False) as new:
                    marshal.dump(compile_(env, source, name, *rest, **more), new)
                Path(new.name).rename(kept / key)
            known[key] = marshal.loads((kept / key).read_bytes())
        return known[key]

    Environment.compile = compiled  # type: ignore[method-assign,assignment]
    vars(copier._main)["is_git_available"] = lambda: False


if __name__ == "__main__":
    patch(Path.home() / ".cache/jinja")
    CopierApp.run()
