"""What the commands ask of make and of the utilities: no more than macOS and Alpine have."""

import re

import pytest

from tests.support.answers import TEMPLATE
from tests.support.project import Project
from tests.support.reading.script import commands, scripts


def makefiles(project: Project) -> list[str]:
    """The Makefile, what it includes, and the template's own."""
    own = (TEMPLATE / "Makefile").read_text()
    return [project.read("Makefile"), project.read("make/machine.mk"), own]


# What came to GNU make after 3.81, which macOS has, and how 3.81 runs a command.
NEWER = {
    "a special target or variable": r"\.(ONESHELL|RECIPEPREFIX|SHELLFLAGS|SHELLSTATUS|EXTRA_PREREQS|NOTINTERMEDIATE|WAIT)\b",
    "another assignment": r"^\w[\w.-]* *(!|::|:::)=|^define .*=",
    "a directive": r"^-?(undefine|private|load) ",
    "a function": r"\$\((file|guile|let|intcmp) ",
    "targets made together": r"&:",
    "a number sign in a function, which starts a comment": r"^[^\t#][^#\n]*\$\([^()\n]*[^\\]#",
    # It looks for a program of that name where no other character asks for a shell.
    "a command of the shell, run without one": r"(\$\(shell|^\t[@-]*) *(command|hash|type|ulimit) [^\n#;\"*?[\]&|<>(){}$`^]*(\)|$)",
    "an option": r"\$\(MAKE\)[^\n;&|]* (-O|-E|--(eval|output-sync|trace|shuffle|jobserver-style)\b)",
}


@pytest.mark.parametrize("feature", NEWER.values(), ids=NEWER)
def test_the_makefile_holds_nothing_that_make_3_81_lacks(rendered: Project, feature: str) -> None:
    for makefile in makefiles(rendered):
        assert not re.search(feature, makefile, re.MULTILINE)


# The options that GNU's, BSD's and BusyBox's utilities all have, of those that recipes and scripts may use.
OPTIONS = {
    "awk": "Ffv",
    "cat": "",
    "cksum": "",
    "command": "v",
    "cp": "Rfpr",
    "cut": "cdf",
    "diff": "qru",
    "dirname": "",
    "env": "cu",  # -c is of the sh that it runs
    "grep": "EFcefhilnoqsvwx",
    "head": "n",
    "id": "gu",
    "ls": "1adl",
    "mktemp": "d",
    "mv": "f",
    "rm": "fr",
    "sed": "Een",
    "sort": "knrtu",
    "tail": "n",
    "tee": "ai",
    "tr": "ds",
    "uname": "ms",
    "wc": "l",
}
# Commands that one of them lacks, or has in its own way.
DIFFERENT = """bash column curl date find getopt install jq md5 md5sum nproc perl python readlink
realpath seq source stat tac timeout wget which xargs"""


def test_the_makefile_needs_only_what_macos_and_alpine_both_have(rendered: Project) -> None:
    """On the machine itself, its scripts included; what runs in an image is Debian's."""
    begins = r"(?:^\t@?|&&|\|\|?|;|\{|\$\(shell|\$\$\() *(?:(?:!|do|then|else|elif|if) +)*"
    command = re.compile(rf"{begins}\b([a-z]\w*)\b(?!=)([^;|&)\n]*)", re.MULTILINE)
    used = []
    for makefile in makefiles(rendered):
        # GNU's, in an expression of the basic kind.
        assert not re.search(r"\b(sed|grep) (?!-\w*E)[^|;\n]*\\[+?|swbn<>]", makefile)
        found = command.findall(re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", makefile))
        used += [[name, *arguments.split()] for name, arguments in found]
    for script in scripts(rendered.folder):
        used += commands(script.read_text())
    names = {name for name, *_ in used}
    assert names >= {"awk", "cksum", "command", "dirname", "grep", "rm", "sed", "sort", "wc"}
    assert names & set(DIFFERENT.split()) == set()
    for name, *arguments in used:
        options = "".join(each[1:] for each in arguments if re.match("-[^ ]", each))
        assert set(options) <= set(OPTIONS.get(name, options)), (name, arguments)
        if name in ("grep", "sed") and "E" not in options:
            assert not re.search(r"\\[+?|swbn<>]", str.join(" ", arguments)), arguments
        assert name != "echo" or not re.match("-[neE]", str.join(" ", arguments))
        # BusyBox's prints this form even where it is not asked for.
        assert name != "diff" or "-u" in arguments
        # macOS has the other alone.
        assert name != "sha256sum" or ["shasum", "-a", "256", *arguments] in used
