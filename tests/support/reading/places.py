"""The places of the README's table "Where it runs", and in which of them a test run was."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import pytest

PROOF = re.compile(r"\[`(test_\w+)(?:\[([\w.-]+)\])?`\]\((tests/\S+\.py)\)")


@dataclass(frozen=True)
class Proof:
    """A test that the README links, or those of its cases that have these parameters."""

    path: str
    name: str
    parameters: frozenset[str]

    def includes(self, case: str) -> bool:
        """Say whether it includes what pytest calls so, as in `tests/test_a.py::test_b[c-d]`."""
        test, _, parameters = case.rstrip("]").partition("[")
        return test == f"{self.path}::{self.name}" and self.parameters <= {*parameters.split("-")}


def proofs(row: str) -> list[Proof]:
    """The tests that a row links."""
    return [
        Proof(path, name, frozenset(parameters.split("-")) if parameters else frozenset())
        for name, parameters, path in PROOF.findall(row)
    ]


def table(page: str, heading: str) -> dict[str, list[Proof]]:
    """What stands in each row of a section's table: its first cell, and the tests that it links."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    _, *rows = re.findall(r"^\| (.*)$", section, re.MULTILINE)
    return {row.partition(" |")[0]: proofs(row) for row in rows}


Reports = Mapping[str, Sequence[pytest.TestReport]]


def because(proof: Proof, reports: Reports) -> str:
    """Why that was not seen to pass, if it was not."""

    def found(*outcomes: str) -> Iterator[pytest.TestReport]:
        listed = chain.from_iterable(reports.get(outcome, []) for outcome in outcomes)
        return (report for report in listed if proof.includes(report.nodeid))

    if any(found("failed", "error")):
        return "failed"
    if any(found("passed")):
        return ""
    for report in found("skipped"):
        return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    return "not selected"


def summary(places: Mapping[str, Sequence[Proof]], reports: Reports) -> Iterator[str]:
    """Say in how many places a test run was, and why it was not in the others."""
    missed: dict[str, list[str]] = {}
    for place, proofs in places.items():
        if whys := {because(proof, reports) for proof in proofs} - {""}:
            why = "failed" if "failed" in whys else min(whys).removeprefix("Skipped: ")
            missed.setdefault(why, []).append(place)
    ran = len(places) - sum(map(len, missed.values()))
    yield f"ran in {ran} of {len(places)} places that the README names"
    # A person who runs a test or two knows as much.
    if missed.keys() != {"not selected"} or ran:
        yield from (f"  not in {', '.join(where)}: {why}" for why, where in missed.items())
