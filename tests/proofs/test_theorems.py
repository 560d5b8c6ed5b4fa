"""The theorems are proved, are not vacuous, and have the conditions of `verify` as their hypotheses.

Without it, a theorem could fail, or hold of nothing, while `verify` leans on it.
"""

from __future__ import annotations

import pytest

from modalloc_model.designs.mail.theorems import THEOREMS
from modalloc_model.engine.solvers import Budget, ask, settle
from modalloc_model.properties import RULES
from modalloc_model.theorems.claims import claims, theorem_rules
from modalloc_model.theorems.prove import How, prove_rule
from modalloc_model.verdict import Verdict

QUICK = Budget(resources=20_000_000)
DROPPED = [
    ("OVL002", "OVL002"),
    ("ROI001", "ROI002"),
    ("ROI004", "ROI004"),
    ("ROI005", "ROI005"),
    ("MAP006", "MAP006"),
    ("PRT001", "PRT001"),
    ("PRT002", "PRT002"),
    ("PRT003", "PRT003"),
    ("PRT004", "PRT004"),
    ("PRT005", "PRT005"),
    ("RCH001", "RCH001"),
    ("RCH002", "RCH002"),
    ("RCH003", "RCH003"),
]


def test_every_behaviour_has_a_theorem() -> None:
    behaviours = {rule.id for rule in RULES.values() if rule.behaviour}
    assert {rule.id for rule in theorem_rules()} == behaviours == set(THEOREMS)


USED = {"RNG004", "OVL001", "OVL002", "OVL003", "OVL004", "ROI002", "MAP007"}
"""Of these it is asked which hypotheses they use; the load-bearing check asks of all, and takes its time."""


SLOW = ("RCH002", "RCH003")
"""What they prove is what RCH001's theorem does, of other targets."""


@pytest.mark.parametrize(
    "rule",
    [pytest.param(rule.id, marks=[pytest.mark.deep] if rule.id in SLOW else []) for rule in theorem_rules()],
)
def test_the_theorem_is_proved_at_32_bits(rule: str) -> None:
    report = prove_rule(RULES[rule], 32, How(used=rule in USED))
    assert report.verdict is Verdict.PROVED, report.reason
    assert report.obligations
    assert set(report.used) <= {"machine", rule, *RULES[rule].leans_on}


@pytest.mark.parametrize("rule", ["OVL001", "RNG004", "OVL004"])
def test_the_theorem_is_proved_at_64_bits(rule: str) -> None:
    assert prove_rule(RULES[rule], 64).verdict is Verdict.PROVED


@pytest.mark.parametrize(("rule", "hypothesis"), DROPPED)
def test_without_its_condition_the_theorem_does_not_follow(rule: str, hypothesis: str) -> None:
    failing = []
    for claim in claims(RULES[rule], 32):
        hypotheses = {name: term for name, term in claim.hypotheses.items() if name != hypothesis}
        for obligation in claim.obligations:
            if settle(obligation.under(hypotheses).query(), "z3", QUICK).status == "sat":
                failing.append(obligation.name)
        if failing:
            break
    assert failing


@pytest.mark.parametrize("rule", [rule.id for rule in theorem_rules()])
def test_hypotheses_are_the_conditions_of_rules(rule: str) -> None:
    for claim in claims(RULES[rule], 32):
        assert set(claim.hypotheses) <= {"machine", *RULES}
        from modalloc_model.smt.smtlib import Query

        assert ask(Query("hypotheses", claim.hypotheses), "z3", QUICK).status == "sat"
