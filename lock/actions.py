"""Pin the actions of copier.yml to their newest releases, by commit.

The workflows of this repository are Dependabot's: the token of a workflow may not change them.
"""

import re
import subprocess
import tempfile
import time

from tests.support.machines.here import ROOT

PINNED = re.compile(r"([\w.-]+/[\w.-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+")
RELEASE = re.compile(r"^([0-9a-f]{40})\trefs/tags/v(\d+)\.(\d+)\.(\d+)(\^\{\})?$", re.MULTILINE)
WEEK = 7 * 24 * 3600


def git(*arguments: str) -> str:
    """Return what git prints."""
    return subprocess.run(
        ["git", *arguments], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def age(address: str, tag: str) -> float:
    """Return how many seconds ago the commit of a tag was made."""
    with tempfile.TemporaryDirectory() as folder:
        git("init", "--quiet", "--bare", folder)
        git("-C", folder, "fetch", "--quiet", "--depth=1", address, f"refs/tags/{tag}")
        return time.time() - int(git("-C", folder, "log", "-1", "--format=%ct", "FETCH_HEAD"))


def newest(action: str) -> str:
    """Return the newest release of an action that is a week old, as a workflow names it."""
    address = f"https://github.com/{action}"
    said = git("ls-remote", "--tags", address, "v*")
    # An annotated tag is listed twice, and behind ^{} with its commit.
    releases = {
        tuple(map(int, version)): commit
        for commit, *version, peeled in sorted(RELEASE.findall(said), key=lambda found: found[-1])
    }
    for version in sorted(releases, reverse=True):
        tag = f"v{'.'.join(map(str, version))}"
        if age(address, tag) > WEEK:
            return f"{action}@{releases[version]} # {tag}"
    raise SystemExit(f"{action} has no release that is a week old")


def main() -> None:
    """Rewrite copier.yml."""
    copier = ROOT / "copier.yml"
    copier.write_text(PINNED.sub(lambda found: newest(found[1]), copier.read_text()))


if __name__ == "__main__":
    main()
