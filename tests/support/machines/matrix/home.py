"""A home folder with settings that a person may have, and that must not reach the tests."""

from pathlib import Path

GIT = """\
[user]
    name = Grace
    email = grace@example.org
[commit]
    gpgsign = true
[core]
    autocrlf = input
    hooksPath = ~/hooks
[init]
    defaultBranch = trunk
"""
HOOK = "#!/bin/sh\necho 'a hook of my own says no' >&2\nexit 1\n"
# A password store and a proxy that are not there.
DOCKER = """\
{
  "credsStore": "nowhere",
  "proxies": {"default": {"httpProxy": "http://127.0.0.1:9", "httpsProxy": "http://127.0.0.1:9"}}
}
"""
UV = """\
exclude-newer = "2026-01-01T00:00:00Z"
python-preference = "only-system"
link-mode = "copy"
"""
FILES = {
    ".gitconfig": GIT,
    "hooks/pre-commit": HOOK,
    "hooks/commit-msg": HOOK,
    ".docker/config.json": DOCKER,
    ".config/uv/uv.toml": UV,
}


def furnish(home: Path) -> None:
    """Write them into that folder."""
    for name, text in FILES.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)
