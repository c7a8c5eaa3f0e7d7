"""Pin the actions of copier.yml to their newest releases, by commit.

The workflows of this repository are Dependabot's: the token of a workflow may not change them.
"""

import re
import subprocess

from tests.support.machines.here import ROOT

PINNED = re.compile(r"([\w.-]+/[\w.-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+")
RELEASE = re.compile(r"^([0-9a-f]{40})\trefs/tags/v(\d+)\.(\d+)\.(\d+)(\^\{\})?$", re.MULTILINE)


def newest(action: str) -> str:
    """Return the newest release of an action, as a workflow names it."""
    asked = ["git", "ls-remote", "--tags", f"https://github.com/{action}", "v*"]
    said = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout
    # An annotated tag is listed twice, and behind ^{} with its commit.
    releases = {
        tuple(map(int, version)): commit
        for commit, *version, peeled in sorted(RELEASE.findall(said), key=lambda found: found[-1])
    }
    version = max(releases)
    return f"{action}@{releases[version]} # v{'.'.join(map(str, version))}"


def main() -> None:
    """Rewrite copier.yml."""
    copier = ROOT / "copier.yml"
    copier.write_text(PINNED.sub(lambda found: newest(found[1]), copier.read_text()))


if __name__ == "__main__":
    main()
