"""The template repository keeps the rules that it teaches."""

import re
import subprocess

import yaml

from tests.support.answers import TEMPLATE

README = (TEMPLATE / "README.md").read_text()
CHANGELOG = (TEMPLATE / "CHANGELOG.md").read_text()
_LIST = ["git", "ls-files", "-z"]
LISTED = subprocess.check_output(_LIST, cwd=TEMPLATE, text=True).rstrip("\0").split("\0")


def test_make_lists_the_commands() -> None:
    shown = subprocess.check_output(["make"], cwd=TEMPLATE, text=True)
    declared = re.findall(r"^([a-z]+):.* ##", (TEMPLATE / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^  ([a-z]+) ", shown, re.MULTILINE) == declared
    assert declared[:2] == ["demo", "check"]


def test_the_readme_begins_with_the_two_commands() -> None:
    commands = re.findall(r"^    (make .*)$", README, re.MULTILINE)
    assert commands[:2] == ["make demo", "make check"]


def test_the_version_of_uv_stands_in_the_lock_alone() -> None:
    literal = re.compile(r"\buv([-_]build)?([=:@/ ]|==|version[=:]) ?\"?v?\d+\.\d+\.\d")
    for name in LISTED:
        if not name.endswith("uv.lock") and (TEMPLATE / name).exists():
            assert not literal.search((TEMPLATE / name).read_text()), name


def test_the_changelog_says_of_each_version_what_an_update_will_change() -> None:
    _, *sections = re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)
    headings = [section.splitlines()[0] for section in sections]
    assert headings[0] == "[Unreleased]"
    released = [
        re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d", each) for each in headings[1:]
    ]
    versions = [tuple(map(int, each.groups())) if each else () for each in released]
    assert all(versions)
    assert versions == sorted(versions, reverse=True)
    for section in sections[1:]:
        assert "\n### What `copier update` will change\n\n" in section


def test_the_floor_is_the_oldest_python() -> None:
    oldest = yaml.safe_load((TEMPLATE / "copier.yml").read_text())["python_version"]["choices"][0]
    assert (TEMPLATE / ".python-version").read_text() == f"{oldest}\n"
    assert f'requires-python = ">={oldest}"' in (TEMPLATE / "pyproject.toml").read_text()


def test_the_address_of_the_template_stands_in_one_place() -> None:
    [address] = re.findall(r" https://github\.com/(\S+/run-anywhere) ", README)
    found = [name for name in LISTED if address.encode() in (TEMPLATE / name).read_bytes()]
    assert found == ["README.md"]
    assert README.count(address) == 1


def test_nothing_needs_trust() -> None:
    settings = yaml.safe_load((TEMPLATE / "copier.yml").read_text())
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & set(settings)
