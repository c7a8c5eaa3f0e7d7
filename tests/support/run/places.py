"""The places of docs/places.md, and in which of them a test run was."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import pytest

PROOF = re.compile(r"\[`(test_\w+)(?:\[([\w.-]+)\])?`\]\(\.\./(tests/\S+\.py)\)")


@dataclass(frozen=True)
class Proof:
    """A test that a page links, or those of its cases that have these parameters."""

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


def table(page: str) -> dict[str, list[Proof]]:
    """What stands in each row of a page of docs/: its first cell, and the tests that it links."""
    _, *rows = re.findall(r"^\| (.*)$", page, re.MULTILINE)
    return {row.partition(" |")[0]: proofs(row) for row in rows}


Reports = Mapping[str, Sequence[pytest.TestReport]]


def ran(proof: Proof, reports: Reports) -> bool:
    """Whether a case of it passed, and none failed."""

    def found(*outcomes: str) -> bool:
        listed = chain.from_iterable(reports.get(outcome, []) for outcome in outcomes)
        return any(proof.includes(report.nodeid) for report in listed)

    return found("passed") and not found("failed", "error")


def summary(places: Mapping[str, Sequence[Proof]], reports: Reports) -> str:
    """Say in how many places a test run was, and in which it was not."""
    missed = [
        place
        for place, proofs in places.items()
        if not all(ran(proof, reports) for proof in proofs)
    ]
    said = f"ran in {len(places) - len(missed)} of {len(places)} places that docs/places.md names"
    # Where a person runs a test or two, most are missed.
    return f"{said}; not in {'; '.join(missed)}" if 0 < len(missed) < len(places) else said
