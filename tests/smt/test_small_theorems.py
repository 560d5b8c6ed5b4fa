"""The theorems on words of 6 bits: proved, and not proved where a hypothesis or an operation is broken.

Without it, an obligation that nothing can falsify would look like a proof.

At this width an obligation takes milliseconds. `modalloc prove` decides the same at 32 and 64 bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from modalloc_model.designs.arbiter.symbolic import HOLES_SEPARATE
from modalloc_model.designs.mail.invariants import ALIGNED, BLOCK_ALIGNED, FREE_APART, IN_BLOCK, IN_RANGE, SEPARATION
from modalloc_model.designs.mail.theorems import THEOREMS
from modalloc_model.designs.mail.transitions import Scene, induction, transitions
from modalloc_model.engine.solvers import ask, settle
from modalloc_model.properties import RULES
from modalloc_model.smt import induction as induction_module
from modalloc_model.smt.induction import Obligation, mask_is_multiple, roundings, tilings
from modalloc_model.smt.smtlib import Query
from modalloc_model.smt.transitions import Clause, Transition
from modalloc_model.theorems.claims import claims
from modalloc_model.theorems.symbolic import any_table, machine_is_sane
from modalloc_model.words import FALSE, TRUE, Term, all_of, is_power_of_two, truth, ule

BITS = 6
OPERATIONS = (
    *("alloc by reuse", "alloc from range 0", "alloc from range 1"),
    *("free", "give back", "others take", "others return", "fill or seal"),
)


def scene() -> Scene:
    table = any_table(BITS)
    return Scene(table.types[0], table.machine.page, table.guard, BITS)


def hypotheses() -> dict[str, Term]:
    table = any_table(BITS)
    root = table.types[0]
    powers = all_of(is_power_of_two(root.alignment), is_power_of_two(root.granularity))
    return {"machine": machine_is_sane(table), "powers": truth(powers)}


def status(obligation: Obligation) -> str:
    return settle(obligation.query()).status


def proved(obligations: Iterator[Obligation]) -> Counter[str]:
    """How each came out, and that none is for want of hypotheses that hold."""
    found: Counter[str] = Counter()
    for obligation in obligations:
        found[status(obligation)] += 1
        assert ask(Query("t", obligation.hypotheses)).status == "sat", obligation.name
    return found


# -- induction -------------------------------------------------------------------------------------------------------


def test_separation_is_an_invariant_of_every_operation() -> None:
    obligations = list(induction(scene(), SEPARATION))
    assert [o.name for o in obligations] == [
        *(clause.name for clause in SEPARATION),
        *(f"{operation} keeps: {clause.name}" for operation in OPERATIONS for clause in SEPARATION),
    ]
    assert [o.kind for o in obligations] == ["base"] * 9 + ["step"] * 72
    assert proved(iter(obligations)) == {"unsat": 81}


@pytest.mark.parametrize("clauses", [(IN_BLOCK, IN_RANGE), (*SEPARATION, FREE_APART, HOLES_SEPARATE)], ids=len)
def test_other_invariants_are_kept_too(clauses: tuple[Clause, ...]) -> None:
    assert proved(induction(scene(), clauses)).keys() == {"unsat"}


def test_alignment_is_kept_where_it_is_a_power_of_two() -> None:
    clauses = (IN_BLOCK, BLOCK_ALIGNED, ALIGNED)
    given = hypotheses()
    steps = [o.under(given) for o in induction(scene(), clauses)]
    assert proved(iter(steps)).keys() == {"unsat"}
    assert "sat" in {status(o) for o in induction(scene(), clauses)}


def test_given_clauses_are_hypotheses_and_are_not_proved() -> None:
    obligations = list(induction(scene(), (HOLES_SEPARATE,), SEPARATION))
    assert {o.name.rpartition(": ")[2] for o in obligations} == {"holes do not touch"}
    steps = [o for o in obligations if o.kind == "step"]
    for step in steps:
        known = {name.partition(": ")[2] for name in step.hypotheses if ": " in name}
        assert known == {clause.name for clause in (HOLES_SEPARATE, *SEPARATION)}


def test_a_step_knows_the_operation_the_rounding_the_invariant_and_the_neighbours() -> None:
    for step in induction(scene(), (IN_BLOCK,)):
        if step.kind == "step":
            rounds = step.name.startswith("alloc")
            assert list(step.hypotheses) == [
                "operation", *(["rounding"] if rounds else []), "before: extents lie in their block",
                "others: extents lie in their block", "neighbours",
            ]  # fmt: skip


NEEDED = {
    "extents lie in their block": {"operation", "before: extents lie in their block"},
    "extents are apart": {"operation", "others: extents are apart", "others: extents lie in their block",
        "others: holes are apart from areas"},
    "holes are not empty": {"operation", "before: extents lie in their block", "before: holes are not empty",
        "before: areas of others are not empty"},
    "holes are apart from areas": {"operation", "neighbours", "others: extents are apart",
        "others: extents lie in their block", "others: holes are apart", "others: holes are apart from areas",
        "others: areas of others are apart from areas of blocks"},
    "holes are apart": {"operation", "others: holes are apart", "others: holes are apart from areas",
        "others: holes are not empty", "others: areas of others are apart from holes"},
    "areas of others are not empty": {"operation"},
    "areas of others are apart from areas of blocks": {"operation", "others: holes are apart from areas",
        "others: areas of others are apart from areas of blocks", "others: areas of others are apart from holes"},
    "areas of others are apart from holes": {"operation", "others: areas of others are apart",
        "others: areas of others are apart from areas of blocks", "others: areas of others are apart from holes",
        "others: areas of others are not empty", "others: holes are apart"},
    "areas of others are apart": {"operation", "others: areas of others are apart from holes"},
}  # fmt: skip
"""By clause: what some operation's step does not follow without."""


def needed(obligations: Iterator[Obligation]) -> dict[str, set[str]]:
    """By clause: the hypotheses without which some step does not follow."""
    found: dict[str, set[str]] = {}
    for obligation in obligations:
        clause = found.setdefault(obligation.name.rpartition(": ")[2], set())
        for name in obligation.hypotheses.keys() - clause:
            rest = {other: term for other, term in obligation.hypotheses.items() if other != name}
            if status(replace(obligation, hypotheses=rest)) == "sat":
                clause.add(name)
    return found


def test_each_step_stands_on_what_it_should() -> None:
    assert needed(induction(scene(), SEPARATION)) == NEEDED


@pytest.mark.deep
def test_free_extents_and_holes_stay_maximal_because_neighbours_are_looked_up() -> None:
    found = needed(o for o in induction(scene(), (FREE_APART, HOLES_SEPARATE), SEPARATION) if o.kind == "step")
    assert {"operation", "neighbours", "others: free extents do not touch"} <= found["free extents do not touch"]
    assert {"operation", "neighbours", "others: holes do not touch"} <= found["holes do not touch"]


def test_tilings_hold_every_address_as_often_as_before() -> None:
    names = [f"{o} tiles: {t.name}" for o in OPERATIONS for t in _of(o).tilings]
    obligations = list(tilings(transitions(scene()), SEPARATION, scene().word("probe")))
    assert [o.name for o in obligations] == names
    assert {o.kind for o in obligations} == {"step"}
    assert proved(iter(obligations)) == {"unsat": 9}
    without = [replace(o, hypotheses={**o.hypotheses, "operation": TRUE}) for o in obligations]
    assert {status(o) for o in without} == {"sat"}


def _of(name: str) -> Transition:
    return next(t for t in transitions(scene()) if t.name == name)


def test_what_rounding_is_taken_to_give_is_a_lemma_about_powers_of_two() -> None:
    lemmas = list(roundings(transitions(scene())))
    assert [(o.name, o.kind) for o in lemmas] == [(f"{name} rounds", "rounding") for name in OPERATIONS[:3]]
    assert {status(o.under(hypotheses())) for o in lemmas} == {"unsat"}
    assert {status(replace(o, hypotheses={}).under(hypotheses())) for o in lemmas} == {"sat"}


def test_masks_find_the_multiples_of_powers_of_two() -> None:
    lemmas = list(mask_is_multiple(BITS, "g"))
    powers = ("1", "2", "4", "8", "0x10", "0x20")
    assert [o.name for o in lemmas] == [*(f"g with bit {n} is {n}" for n in powers), "a mask of g finds multiples"]
    assert proved(iter(lemmas)) == {"unsat": BITS + 1}
    assert {status(replace(o, hypotheses={})) for o in lemmas[:-1]} == {"sat"}


# -- the theorems ----------------------------------------------------------------------------------------------------

STATED = {
    "RNG001": ("RNG001",), "RNG004": (), "ALN004": ("ALN001", "ALN002"), "OVL001": (), "OVL002": ("OVL002",),
    "OVL004": (), "ROI005": ("ROI005",), "MAP007": ("MAP007",),
    "CMP002": ("ALN001", "ALN002", "CMP002"),
}  # fmt: skip


@pytest.mark.parametrize("rule", STATED)
def test_a_theorem_is_proved_and_needs_each_of_the_conditions_it_should(rule: str) -> None:
    needs: set[str] = set()
    for claim in claims(RULES[rule], BITS):
        for obligation in claim.obligations:
            full = obligation.under(claim.hypotheses)
            assert status(full) == "unsat", obligation.name
            for name in set(claim.hypotheses) & set(STATED[rule]) - needs:
                rest = {other: term for other, term in full.hypotheses.items() if other != name}
                if status(replace(full, hypotheses=rest)) == "sat":
                    needs.add(name)
    assert needs == set(STATED[rule])


CONCLUSIONS = {
    "RNG004": ["extents lie in a range"],
    "ALN004": ["extents are multiples"],
    "OVL001": ["two extents are apart"],
    "OVL002": ["blocks of R and Q are apart"],
    "OVL004": ["a wholly free block is one extent", "free undoes alloc by reuse", "free undoes alloc from range 0",
        "free undoes alloc from range 1"],
    "CMP001": ["reuse finds it", "range 0 finds it", "the search passes over no hole of range 0", "range 1 finds it",
        "the search passes over no hole of range 1"],
    "RNG001": ["the first allocation succeeds"],
}  # fmt: skip


@pytest.mark.parametrize("rule", CONCLUSIONS)
def test_a_conclusion_says_something_and_stands_on_the_invariant(rule: str) -> None:
    claim = next(claims(RULES[rule], BITS))
    conclusions = [o for o in claim.obligations if o.kind == "conclusion"]
    assert [o.name for o in conclusions] == CONCLUSIONS[rule]
    for obligation in conclusions:
        assert status(replace(obligation, hypotheses={})) == "sat", "it is no tautology"
        for name in obligation.hypotheses:
            rest = {other: term for other, term in obligation.hypotheses.items() if other != name}
            if name not in LEMMAS:
                assert status(replace(obligation, hypotheses=rest).under(claim.hypotheses)) == "sat", name


LEMMAS = {"masks find multiples", "multiples", "lemma", "larger", "free", "hole"}
"""What bits tell by themselves: it is there for the reasoning over integers, or to say what is meant."""


def test_an_obligation_is_asked_under_its_prefix_and_kind() -> None:
    obligation = Obligation("n", "step", {"h": FALSE}, truth(ule(scene().word("x"), 1)))
    query = obligation.under({"c": TRUE}).query("p, ")
    assert query.name == "p, step: n"
    assert list(query.conjuncts)[:2] == ["c", "h"]
    assert obligation.query().name == "step: n"
    lemma = replace(obligation, kind="lemma")
    assert lemma.under({"c": TRUE}) is lemma
    assert set(THEOREMS) >= set(CONCLUSIONS)
    assert induction_module.implication("a", {}, TRUE).kind == "conclusion"
    assert induction_module.impossible("a", {}).goal is FALSE
