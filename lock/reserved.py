"""Print the names that an application can't have on the Python that runs this, one a line.

They are keywords, modules of the standard library, names that Windows or the environment needs,
and what the packages installed here bring: their own names, their modules and their commands.
"""

import keyword
import re
import sys
from importlib.metadata import distributions, packages_distributions

names = {*keyword.kwlist, *sys.stdlib_module_names, *packages_distributions()}
for package in distributions():
    commands = package.entry_points.select(group="console_scripts")
    names |= {package.name, *(command.name for command in commands)}
names |= {"activate", "deactivate", "pip", "pip3", "python", "python3", "uv", "uvx"}
names |= {"src", "test", "tests", "aux", "con", "nul", "prn"}
names |= {f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)}

names = {name.lower().replace("_", "-") for name in names}
print(
    *sorted(name for name in names if re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)), sep="\n"
)
