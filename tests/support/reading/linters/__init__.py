"""The linters that read what is rendered and this repository itself; their settings lie beside this.

Each takes a folder and returns its complaints: nothing where all is well, or where it has no file.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner

from tests.support.reading.script import BIN, scripts
from tests.support.run.left_out import leave_out

SETTINGS = Path(__file__).parent

# Which of check-jsonschema's schemas reads which file.
SCHEMAS = {
    ".circleci/config.yml": "circle-ci",
    ".gitea/workflows/ci.yml": "github-workflows",
    ".github/dependabot.yml": "dependabot",
    ".github/workflows/*.yml": "github-workflows",
    ".gitlab-ci.yml": "gitlab-ci",
    "azure-pipelines.yml": "azure-pipelines",
    "bitbucket-pipelines.yml": "bitbucket-pipelines",
    "renovate.json": "renovate",
}


def _run(folder: Path, tool: str, *arguments: str | Path, stdin: str = "") -> str:
    """Return what a tool of this environment prints where it fails."""
    done = subprocess.run(
        [BIN / tool, *arguments],
        cwd=folder,
        env=os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout or f"{tool} failed" if done.returncode else ""


def _each(folder: Path, patterns: str, *command: str | Path) -> str:
    """Run a tool on the files that are there."""
    files = [file for pattern in patterns.split() for file in sorted(folder.glob(pattern))]
    return _run(folder, str(command[0]), *command[1:], *files) if files else ""


def ruff(folder: Path) -> str:
    """Mistakes in Python, and unformatted Python."""
    return _run(folder, "ruff", "check", "--no-cache") + _run(
        folder, "ruff", "format", "--check", "--no-cache"
    )


def yamllint(folder: Path) -> str:
    """YAML."""
    return _run(folder, "yamllint", "--strict", "--config-file", SETTINGS / "yamllint.yml", ".")


def taplo(folder: Path) -> str:
    """TOML that people write; uv writes its lock."""
    if not (BIN / "taplo").exists():
        leave_out("taplo has no wheel for this processor", "run the tests on x86-64")
    command = ("taplo", "format", "--check", "--diff", "--config", SETTINGS / "taplo.toml")
    return _each(folder, "pyproject.toml lock/*/pyproject.toml", *command)


def mbake(folder: Path) -> str:
    """Makefiles, and what they include."""
    return "".join(
        _mbake(folder, each) for each in ["Makefile", *map(str, folder.glob("make/*.mk"))]
    )


def _mbake(folder: Path, name: str) -> str:
    asked = (folder / name).read_text()
    with tempfile.TemporaryDirectory() as copy:
        (Path(copy) / "Makefile").write_text(asked)
        settings = ("--config", SETTINGS / "mbake.toml")
        said = _run(Path(copy), "mbake", "format", *settings, "Makefile")
        formatted = (Path(copy) / "Makefile").read_text()
    # It takes the `done;` in a recipe for the start of a block, so that indentation counts for nothing.
    asked, formatted = (
        re.sub(r"^\t+", "\t", each, flags=re.MULTILINE) for each in (asked, formatted)
    )
    changed = set(asked.splitlines()) ^ set(formatted.splitlines())
    said += "\n".join(sorted(changed)) or "blank lines" * (asked != formatted)
    return said + _run(folder, "mbake", "validate", name)


def hadolint(folder: Path) -> str:
    """Dockerfiles."""
    return _each(folder, "Dockerfile", "hadolint", "--config", SETTINGS / "hadolint.yaml")


def shellcheck(folder: Path) -> str:
    """Shell scripts, wherever they are; those in make/ with what they share."""
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if ".git" not in path.parts
        and path.is_file()
        and re.match(rb"#!.*sh$", path.read_bytes().partition(b"\n")[0])
    ]
    follow = ("--external-sources", "--source-path=SCRIPTDIR/..")
    said = _run(folder, "shellcheck", *follow, *found) if found else ""
    # What is shared is used elsewhere.
    return said + _each(folder, "make/*.sh", "shellcheck", "--shell=sh", "--exclude=SC2034")


def shfmt(folder: Path) -> str:
    """Unformatted scripts in make/."""
    found = scripts(folder)
    return _run(folder, "shfmt", "--indent=4", "--diff", *found) if found else ""


def recipes(folder: Path) -> str:
    """What a recipe asks of the shell that POSIX does not know.

    Those that the Makefile includes are among them: its targets need theirs.
    """
    makefile = (folder / "Makefile").read_text().replace("$(MAKE)", "make")
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    dry = ["make", "--dry-run", "--file=-", f"UV={BIN}/uv", "TAG=1", *targets]
    script = subprocess.check_output(dry, cwd=folder, input=makefile, text=True)
    found = _run(folder, "shellcheck", "--shell=sh", "--format=gcc", "-", stdin=script)
    return "\n".join(re.findall(r".*(?: error: |\[SC3\d{3}\]).*", found))


@contextmanager
def _workflows(folder: Path) -> Iterator[Path]:
    """Give those of Forgejo, too, the form that GitHub's linters know."""
    with tempfile.TemporaryDirectory() as copy:
        if (folder / ".github").exists():
            shutil.copytree(folder / ".github", Path(copy) / ".github")
        for workflow in folder.glob(".gitea/workflows/*.yml"):
            as_for_github = Path(copy) / ".github/workflows" / f"gitea-{workflow.name}"
            as_for_github.parent.mkdir(parents=True, exist_ok=True)
            # It names an action by its whole address.
            as_for_github.write_text(
                workflow.read_text().replace("uses: https://github.com/", "uses: ")
            )
        yield Path(copy)


def actionlint(folder: Path) -> str:
    """Workflows, and the shell in them."""
    # Forgejo's runners have labels of their own.
    ignored = ("-ignore", 'label "docker" is unknown')
    with _workflows(folder) as copy:
        return _each(copy, ".github/workflows/*.yml", "actionlint", *ignored)


def zizmor(folder: Path) -> str:
    """What workflows and Dependabot could be abused for."""
    files = ".github/workflows/*.yml .github/dependabot.yml"
    with _workflows(folder) as copy:
        settings = ("--config", SETTINGS / "zizmor.yml", "--persona=auditor")
        return _each(copy, files, "zizmor", "--offline", "--quiet", "--no-progress", *settings)


def schemas(folder: Path) -> str:
    """What a platform or a bot does not know."""
    said = ""
    for path in (path for pattern in SCHEMAS for path in folder.glob(pattern)):
        schema = SCHEMAS[next(pattern for pattern in SCHEMAS if path.match(pattern))]
        command = ["--builtin-schema", f"vendor.{schema}"]
        text = path.read_text()
        if schema in ("azure-pipelines", "gitlab-ci"):
            command += ["--data-transform", schema]
        if schema == "azure-pipelines":
            # A schema of strings, as Azure itself reads a number; and with JavaScript's expressions.
            command += ["--regex-variant", "nonunicode"]
            text = json.dumps(yaml.load(text, yaml.BaseLoader))
            # The schema lists this task's second version, and describes the first one alone.
            text = text.replace("PublishCodeCoverageResults@2", "PublishCodeCoverageResults@1")
        kind = "json" if path.suffix == ".json" else "yaml"
        # In this process: to start it takes longer than to check a file.
        done = CliRunner().invoke(check_jsonschema, [*command, "--force-filetype", kind, "-"], text)
        said += done.output if done.exit_code else ""
    return said


LINTERS: list[Callable[[Path], str]] = [
    ruff, yamllint, taplo, mbake, hadolint, shellcheck, shfmt, recipes, actionlint, zizmor, schemas,
]  # fmt: skip
