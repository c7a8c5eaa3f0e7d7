"""The suite itself: what it leaves out where no engine is, and what it says of the places where it ran."""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.support.answers import TEMPLATE
from tests.support.project import only
from tests.support.run import places
from tests.support.run.left_out import leave_out, left_out


def pytest_run(*arguments: str, **env: str) -> str:
    """What a test run of its own prints."""
    command = [str(TEMPLATE / ".venv/bin/python"), "-m", "pytest", "-q", "--numprocesses=1"]
    return subprocess.run(
        [*command, *arguments],
        cwd=TEMPLATE,
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout


def test_without_an_engine_the_container_tests_are_left_out_and_counted() -> None:
    said = pytest_run("tests/containers", "--engine=none")
    why = "ENGINE=none asks for no container: make check"
    assert re.search(rf"^left out: [1-9]\d+ tests: {why}$", said, re.MULTILINE)
    assert "ALL=1" not in said, "in a run that names tests"
    assert re.search(r"^ran in 0 of [1-9]\d places that docs/places.md names$", said, re.MULTILINE)


def test_where_no_engine_answers_the_container_tests_are_left_out_and_why_is_said(
    tmp_path: Path,
) -> None:
    path = only(tmp_path / "bin", "git")
    said = pytest_run("tests/containers", PATH=path)
    why = "no container engine answers: install Docker or Podman"
    assert re.search(rf"^left out: [1-9]\d+ tests: {why}$", said, re.MULTILINE)
    named = pytest_run("tests/containers", "--engine=podman", PATH=path).strip()
    assert named == "Exit: no podman answers: install Docker or Podman"


def test_a_run_takes_each_test_that_is_not_slow_and_one_that_names_tests_takes_them_whole() -> None:
    said = {
        chosen: pytest_run("--collect-only", "--numprocesses=0", *chosen.split())
        for chosen in ("", "--all", "-m slow", "tests/machines/test_years_later.py")
    }
    tests = {
        chosen: re.findall(r"^(\S+::\w+)", text, re.MULTILINE) for chosen, text in said.items()
    }
    run, whole, slow, named = tests.values()
    assert {*run} | {*slow} == {*whole} != {*run}
    assert len(run) < len(whole) - len(slow)
    assert Counter(named).items() <= Counter(whole).items()
    left_out = (
        r"^left out: \d+ tests: slow tests, and further parameters of others: make check ALL=1$"
    )
    told = [bool(re.search(left_out, text, re.MULTILINE)) for text in said.values()]
    assert told == [True, False, False, False]


def test_no_test_is_skipped_without_a_word_of_what_would_bring_it() -> None:
    skips = re.compile(r"pytest\.skip\(|importorskip|mark\.skip|xfail")
    found = [path for path in TEMPLATE.glob("tests/**/*.py") if skips.search(path.read_text())]
    assert [path.name for path in found if path != Path(__file__)] == ["left_out.py"]
    with pytest.raises(pytest.skip.Exception, match=r"^there is no moon: wait$"):
        leave_out("there is no moon", "wait")


PLACES = """
| place | proof |
|---|---|
| Here | [`test_a`](../tests/test_x.py), [`test_b[docker]`](../tests/test_x.py) |
| There | [`test_b[podman-3.11]`](../tests/test_x.py) |
| Far away | [`test_c`](../tests/test_x.py), [`test_a`](../tests/test_x.py) |
| Elsewhere | [`test_c`](../tests/test_y.py) |
| Nowhere | [`test_d`](../tests/test_x.py) |
"""


def report(case: str, outcome: str, why: str = "") -> pytest.TestReport:
    """What pytest keeps of a test."""
    place = ("tests/test_x.py", 1, case)
    longrepr = (*place[:2], f"Skipped: {why}") if why else None
    return pytest.TestReport(f"tests/test_x.py::{case}", place, {}, outcome, longrepr, "call")  # type: ignore[arg-type]


REPORTS = {
    "passed": [report("test_a[cli-3.14]", "passed"), report("test_b[docker]", "passed")],
    "skipped": [
        report("test_a[cli-3.11]", "skipped", "there is no Python 3.11: fetch it"),
        report("test_b[3.11-podman]", "skipped", "no Podman answers: start it"),
        report("test_c", "skipped", "no Podman answers: start it"),
    ],
    "error": [report("test_d", "failed")],
}


def test_a_run_says_in_which_places_it_was() -> None:
    """What was skipped, left out, not selected or failed was not run; one case that passed is enough."""
    said = places.summary(places.table(PLACES), REPORTS)
    missed = "There; Far away; Elsewhere; Nowhere"
    assert said == f"ran in 1 of 5 places that docs/places.md names; not in {missed}"


def test_a_run_says_what_was_left_out_and_what_would_bring_it() -> None:
    assert [*left_out(REPORTS["skipped"], Counter({"no engine answers: install one": 7}))] == [
        "left out: 7 tests: no engine answers: install one",
        "left out: 2 tests: no Podman answers: start it",
        "left out: 1 test: there is no Python 3.11: fetch it",
    ]
