"""Print the names that an application can't have on the Python that runs this, one per line.

These are keywords and modules of Python, names that Windows, the environment, the tests or an engine
needs, and the names, modules and commands of the locked packages, including the optional modules
that they try to import.
"""

import ast
import keyword
import re
import sys
import sysconfig
import tomllib
import warnings
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

# The keys say why.
TAKEN = {
    "a file of this name is a device of Windows": "aux con nul prn "
    "com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9",
    "a command of the environment, or one that uv run treats specially": "activate deactivate "
    "pip pip3 python python3 pythonw pyw uv uvx",
    "modules of the project's own tests, which pytest imports by these names": "conftest src test "
    "tests test-cli test-health test-service test-settings",
    "YAML does not read these as strings": "no null off on yes",
    "Python imports a module of this name whenever it starts": "sitecustomize usercustomize",
    "the commands and hooks call these, and would call the application in an active environment": (
        "awk cat cksum command cp cut diff dirname docker echo env find git grep head id kill kubectl ls "
        "make mkdir mktemp podman printf rm sed sh sha256sum shasum sleep sort tail tee tr uname wc xargs"
    ),
    "an engine uses this name for the empty image, and neither pulls nor starts one": "scratch",
}
warnings.simplefilter("ignore", SyntaxWarning)  # from the sources of the packages


def locked() -> set[str]:
    """Return the packages in the lock, including those for other systems."""
    lock = tomllib.loads(Path("uv.lock").read_text())
    return {package["name"] for package in lock["package"]}


def installed_commands() -> set[str]:
    """Return the commands of the environment."""
    return {path.stem for path in Path(sysconfig.get_path("scripts")).iterdir()}


def looked_for() -> Iterator[str]:
    """Yield what the installed packages import or try to import, as uvicorn does with uvloop."""
    for path in Path(sysconfig.get_path("purelib")).rglob("*.py"):
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError:  # a template or a test of a package
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]


names = {*keyword.kwlist, *sys.stdlib_module_names, *packages_distributions(), *looked_for()}
names |= {*locked(), *installed_commands(), *" ".join(TAKEN.values()).split()}

names = {re.sub(r"[-_.]+", "-", name.lower()) for name in names}
print(
    *sorted(name for name in names if re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)), sep="\n"
)
