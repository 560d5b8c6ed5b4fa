"""The theorem that is no longer provable: an obligation whose negation has a model.

It runs where the mutant is imported. Only `sat` counts: a solver that gives up catches nothing. The hypotheses are
those of `modalloc prove`, so an obligation that fails here fails there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from modalloc_model.engine.solvers import Answer, Budget, settle
from modalloc_model.properties import RULES
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.smtlib import Query, write
from modalloc_model.theorems.claims import Claim, claims, theorem_rules

BUDGET = Budget(resources=20_000_000)
"""For one obligation: a model is found soon, or another obligation has one."""

PROOF = Budget(resources=400_000_000)
"""For an obligation of the allocator that is right."""


@dataclass(frozen=True, slots=True)
class PieceOfTheorem:
    """One obligation of one theorem."""

    rule: str
    bits: int
    claim: str
    obligation: str


def obligations(rule: str, bits: int, claim: str = "") -> Iterator[tuple[PieceOfTheorem, Query]]:
    """The questions that the rule's theorem asks at the width, claim by claim, or those of one claim."""
    for asked in claims(RULES[rule], bits):
        if claim in ("", asked.name):
            for obligation in asked.obligations:
                yield PieceOfTheorem(rule, bits, asked.name, _full_name(obligation)), _question(asked, obligation)


def _full_name(obligation: Obligation) -> str:
    return f"{obligation.kind}: {obligation.name}"


def _question(claim: Claim, obligation: Obligation) -> Query:
    return obligation.under(claim.hypotheses).query()


def at(place: PieceOfTheorem) -> Query | None:
    """The query of that obligation; None if it no longer exists."""
    if place.rule not in RULES:
        return None
    found = (query for where, query in obligations(place.rule, place.bits, place.claim) if where == place)
    return next(found, None)


def fails(query: Query) -> bool:
    """Whether the goal does not follow: its negation has a model."""
    return settle(query, budget=BUDGET).status == "sat"


def follows(query: Query) -> Answer:
    """The answer for the allocator that is right: `unsat` is expected."""
    return settle(query, budget=PROOF)


LIGHT = ("RNG004", "ALN004", "OVL001", "OVL002", "OVL004", "CMP001", "MAP007", "ROI005", "RNG001", "OVL003", "ROI002")
"""Theorems that are quick to generate, or that show the mistake most clearly: asked first."""


def rules() -> tuple[str, ...]:
    """The rules with theorems, in the order in which they are asked."""
    ids = [rule.id for rule in theorem_rules()]
    assert set(LIGHT) <= set(ids)
    return (*LIGHT, *(rule for rule in ids if rule not in LIGHT))


def digest(query: Query) -> str:
    """The digest of the query's text, without its name."""
    return sha256(write(replace(query, name=""), cores=False).encode()).hexdigest()


def digests(bits: int) -> list[str]:
    """Every question of every theorem at the width."""
    return sorted({digest(query) for rule in rules() for _, query in obligations(rule, bits)})


def first_failing(rule: str, bits: int, known: frozenset[str] = frozenset()) -> tuple[PieceOfTheorem | None, int]:
    """The rule's first obligation that fails, and how many were asked. Not asked: those whose digest is `known`."""
    asked: set[str] = set()
    for place, query in obligations(rule, bits):
        text = digest(query)
        if text not in known and text not in asked:
            asked.add(text)
            if fails(query):
                return place, len(asked)
    return None, len(asked)


def search(
    hint: PieceOfTheorem | None, widths: Iterable[int], known: frozenset[str] = frozenset()
) -> PieceOfTheorem | None:
    """Something that fails: the hint if it does, or else the first that is found."""
    query = at(hint) if hint else None
    if query is not None and fails(query):
        return hint
    for bits in widths:
        for rule in rules():
            place, _ = first_failing(rule, bits, known)
            if place is not None:
                return place
    return None
