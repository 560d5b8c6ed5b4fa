"""What `prove` prints, and the exit status that it comes to.

Without it, `prove` could end with status 0 though a theorem is open.

Without it we would miss an exit status of `prove` that hides a theorem that failed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from modalloc_model.exit_status import ExitStatus
from modalloc_model.report.style import Style
from modalloc_model.report.theorems import disagreements, theorem_line, theorem_table, theorems_status
from modalloc_model.verdict import Verdict

PLAIN = Style()


@dataclass(frozen=True)
class Said:
    solver: str = "z3"
    verdict: Verdict = Verdict.PROVED
    discharged: int = 7
    reason: str = ""


@dataclass(frozen=True)
class Decided:
    rule: str = "OVL001"
    name: str = "TEXT"
    bits: int = 64
    verdict: Verdict = Verdict.PROVED
    obligations: int = 7
    used: tuple[str, ...] = ("ALN001", "OVL001")
    satisfiable: bool | None = True
    opinions: tuple[Said, ...] = (Said(),)
    reason: str = ""
    contradictions: tuple[str, ...] = ()


def test_a_theorem_says_what_it_needed_and_that_its_hypotheses_can_hold() -> None:
    line = theorem_line(Decided(), PLAIN)
    assert line == (
        "✓ OVL001  64 bits  z3        proved; 7 obligations; hypotheses can hold; uses ALN001, OVL001  [TEXT]"
    )


def test_a_theorem_that_is_not_proved_says_why() -> None:
    line = theorem_line(Decided(verdict=Verdict.UNDECIDED, reason="the time limit was reached"), PLAIN)
    assert line.startswith("✗ OVL001")
    assert "the time limit was reached" in line


def test_the_table_has_a_row_a_rule_and_a_column_a_width_and_solver() -> None:
    lines = theorem_table([Decided(), Decided(bits=32), Decided(name="DATA"), Decided(rule="RNG004")], PLAIN)
    assert lines[:3] == [
        "rule    64 bits, z3    32 bits, z3",
        "OVL001  2 proved (14)  1 proved (7)",
        "RNG004  1 proved (7)   not asked",
    ]
    assert lines[-1] == (
        "2 rules, 4 theorems, 28 obligations: 4 proved, 0 refuted, 0 undecided, 0 vacuous, 0 inconsistent"
    )


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.PROVED, ExitStatus.PROVED),
        (Verdict.REFUTED, ExitStatus.REFUTED),
        (Verdict.UNDECIDED, ExitStatus.UNDECIDED),
        (Verdict.VACUOUS, ExitStatus.VACUOUS),
        (Verdict.INCONSISTENT, ExitStatus.INCONSISTENT),
    ],
)
def test_one_theorem_is_enough_to_decide_the_status(verdict: Verdict, status: ExitStatus) -> None:
    assert theorems_status([Decided(name="DATA"), Decided(verdict=verdict)]) is status


def test_no_theorem_at_all_is_no_proof() -> None:
    assert theorems_status([]) is ExitStatus.VACUOUS


def test_solvers_that_disagree_are_never_hidden() -> None:
    found = Decided(contradictions=("z3 says unsat (a.smt2), cvc5 says sat (b.smt2)",))
    assert disagreements([found], PLAIN) == ["OVL001 at 64 bits: z3 says unsat (a.smt2), cvc5 says sat (b.smt2)"]
    assert theorems_status([Decided(), found]) is ExitStatus.INCONSISTENT
    assert theorem_table([found], PLAIN)[-1].endswith("cvc5 says sat (b.smt2)")


def test_what_each_of_several_solvers_discharged_is_told() -> None:
    said = (Said(), Said("bitwuzla", Verdict.UNDECIDED, 5, "the time limit was reached"))
    found = Decided(verdict=Verdict.UNDECIDED, opinions=said, reason="bitwuzla: the time limit was reached")
    assert "undecided; 7 obligations (z3 7, bitwuzla 5); " in theorem_line(found, PLAIN)
    assert theorem_table([found], PLAIN)[1] == "OVL001  1 proved (7)  1 undecided (5 of 7)"
    assert theorems_status([found]) is ExitStatus.UNDECIDED


def test_a_proof_from_what_cannot_hold_is_shown_as_none() -> None:
    assert theorem_table([Decided(verdict=Verdict.VACUOUS)], PLAIN)[1] == "OVL001  1 vacuous (7)"
