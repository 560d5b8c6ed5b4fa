"""Proof obligations: what must be unsatisfiable for a rule to hold of every run (spec/semantics.md, section 7).

`base` the empty state has the invariant; `step` each operation keeps it; `conclusion` it implies the rule. The table's
parameters are whatever terms the root holds: variables, and then the obligations are those of a theorem; or values,
and then they are the induction on that very table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product

from modalloc_model.smt.smtlib import Query
from modalloc_model.smt.transitions import Clause, Element, Tiling, Transition, looked_up
from modalloc_model.words import (
    FALSE,
    Term,
    Truth,
    all_of,
    any_of,
    constant,
    eq,
    exactly_one,
    iff,
    implies,
    is_aligned,
    is_power_of_two,
    ne,
    truth,
    variable,
)

LEMMA, ROUNDING = "lemma", "rounding"


@dataclass(frozen=True, slots=True)
class Obligation:
    """Hypotheses by name, and the goal that they must imply."""

    name: str
    kind: str  # base, step, rounding, conclusion or lemma
    hypotheses: Mapping[str, Term]
    goal: Term

    def under(self, conditions: Mapping[str, Term]) -> Obligation:
        """The same with further hypotheses; a lemma stands by itself, for any words."""
        return self if self.kind == LEMMA else replace(self, hypotheses={**conditions, **self.hypotheses})

    def query(self, prefix: str = "") -> Query:
        """The question whose answer `unsat` discharges it."""
        return Query.validity(f"{prefix}{self.kind}: {self.name}", self.hypotheses, self.goal)


def induction(
    transitions: Iterable[Transition],
    clauses: tuple[Clause, ...],
    others: tuple[Element, ...],
    start: tuple[Element, ...],
    given: tuple[Clause, ...] = (),
) -> Iterator[Obligation]:
    """Base and steps of the conjunction of `clauses`, with `given` clauses (proved elsewhere) as further hypotheses.

    `others` are an arbitrary element of each kind, and `start` those of the state in which nothing has happened yet.
    """
    for clause in clauses:
        yield Obligation(clause.name, "base", {}, truth(all_of(*_instances(clause, start))))
    for transition in transitions:
        for clause in clauses:
            yield from _step(transition, clause, (*clauses, *given), others)


def _step(
    transition: Transition, clause: Clause, invariant: tuple[Clause, ...], others: tuple[Element, ...]
) -> Iterator[Obligation]:
    goal = truth(all_of(*_instances(clause, transition.produced), *_pairs(clause, transition.produced, others)))
    hypotheses = {
        **_happens(transition),
        **_known(invariant, transition.consumed),
        **_known_of_others(invariant, transition, others),
    }
    yield Obligation(f"{transition.name} keeps: {clause.name}", "step", hypotheses, goal)


def _happens(transition: Transition) -> dict[str, Term]:
    known = {"operation": transition.enabled}
    return {**known, "rounding": transition.rounding.facts} if transition.rounding else known


def roundings(transitions: Iterable[Transition]) -> Iterator[Obligation]:
    """What the steps take for granted of the words that ALIGN computes."""
    for transition in transitions:
        if transition.rounding:
            goal = truth(all_of(transition.rounding.facts, transition.rounding.tried))
            yield Obligation(f"{transition.name} rounds", ROUNDING, {"computed": transition.rounding.same}, goal)


def _known(invariant: Iterable[Clause], elements: tuple[Element, ...]) -> dict[str, Term]:
    """The invariant of the elements that an operation consumes."""
    return {f"before: {clause.name}": truth(all_of(*_instances(clause, elements))) for clause in invariant}


def _known_of_others(
    invariant: Iterable[Clause], transition: Transition, others: tuple[Element, ...]
) -> dict[str, Term]:
    """The invariant of the arbitrary other elements, and of their pairs with those consumed."""
    known = {
        f"others: {clause.name}": truth(
            all_of(*(clause.of(o) for o in others), *_pairs(clause, transition.consumed, others))
        )
        for clause in invariant
    }
    return {**known, "neighbours": truth(all_of(*(looked_up(transition, o) for o in others)))}


def _instances(clause: Clause, elements: tuple[Element, ...]) -> Iterator[Term]:
    for element in elements:
        yield clause.of(element)
    for x, y in combinations(elements, 2):
        yield clause.of(x, y)
        if type(x) is not type(y):
            yield clause.of(y, x)


def _pairs(clause: Clause, elements: Iterable[Element], others: Iterable[Element]) -> Iterator[Term]:
    for element, other in product(elements, others):
        yield clause.of(element, other)
        if type(element) is not type(other):
            yield clause.of(other, element)


# -- nothing is lost, and nothing is there twice ---------------------------------------------------------------------


def tilings(transitions: Iterable[Transition], given: tuple[Clause, ...], probe: Term) -> Iterator[Obligation]:
    """Each operation cuts the same addresses another way: one arbitrary address is held as often as before."""
    for transition in transitions:
        hypotheses = {**_happens(transition), **_known(given, transition.consumed)}
        for tiling in transition.tilings:
            goal = same_cover(tiling, probe)
            yield Obligation(f"{transition.name} tiles: {tiling.name}", "step", hypotheses, goal)


def same_cover(tiling: Tiling, probe: Term) -> Term:
    """The probe lies in exactly one span before if and only if in exactly one after, and in none otherwise."""
    before = [span.holds(probe) for span in tiling.before]
    after = [span.holds(probe) for span in tiling.after]
    conjuncts = all_of(
        iff(exactly_one(*before), exactly_one(*after)),
        iff(any_of(*before), any_of(*after)),
    )
    return truth(conjuncts)


# -- what is live stays ----------------------------------------------------------------------------------------------


def live_stays(
    transitions: Iterable[Transition], given: tuple[Clause, ...], others: tuple[Element, ...], probe: Term
) -> Iterator[Obligation]:
    """What is live stays so until it is freed itself: no operation takes it along.

    Tilings do not say it: a free extent that is made of a live one holds the same addresses.
    """
    for transition in transitions:
        hypotheses = {**_happens(transition), **_known(given, transition.consumed)}
        leaving = (*transition.gives, transition.unmaps)
        before = _live_at(probe, (e for e in transition.consumed if all(e is not given_up for given_up in leaving)))
        goal = truth(implies(before, _live_at(probe, transition.produced)))
        yield Obligation(f"{transition.name} takes nothing live along", "step", hypotheses, goal)
        if transition.unmaps:
            yield _nothing_else_in_block(transition, transition.unmaps, given, others)


def _live_at(probe: Term, elements: Iterable[Element]) -> Truth:
    """Some element among them holds the probe, and is somebody's."""
    held = [all_of(e.owned, e.span.holds(probe)) for e in elements if e.owned is not False]
    return any_of(FALSE, *held)


def _nothing_else_in_block(
    transition: Transition, unmapped: Element, given: tuple[Clause, ...], others: tuple[Element, ...]
) -> Obligation:
    """Where memory is used again, a block that goes back to the arbiter holds the one extent and no other."""
    other = next(other for other in others if unmapped.admits(other))
    about_others = {
        f"others: {clause.name}": truth(all_of(clause.of(other), *_pairs(clause, transition.consumed, (other,))))
        for clause in given
    }
    found = truth(all_of(transition.alone, other.exists, unmapped.takes_along(other)))
    hypotheses = {**_happens(transition), **_known(given, transition.consumed), **about_others, "found": found}
    return Obligation(f"{transition.name} leaves another extent without its block", "step", hypotheses, FALSE)


# -- masks and multiples ---------------------------------------------------------------------------------------------


def mask_is_multiple(bits: int, name: str = "a power of two") -> Iterator[Obligation]:
    """For a power of two a: x & (a - 1) == 0 if and only if x mod a == 0. By cases, one for each power."""
    x, a = variable("x", bits), variable("a", bits)
    powers = [constant(1 << k, bits) for k in range(bits)]
    for power in powers:
        has_the_bit = all_of(is_power_of_two(a), ne(a & power, 0))
        yield Obligation(f"{name} with bit {power} is {power}", LEMMA, {"a": truth(has_the_bit)}, truth(eq(a, power)))
    cases = [iff(is_aligned(x, power), eq(x % power, 0)) for power in powers]
    yield Obligation(f"a mask of {name} finds multiples", LEMMA, {}, truth(all_of(*cases)))


def implication(name: str, hypotheses: Mapping[str, Term], goal: object) -> Obligation:
    """A conclusion that follows from clauses already proved."""
    assert isinstance(goal, Term)
    return Obligation(name, "conclusion", hypotheses, goal)


def impossible(name: str, hypotheses: Mapping[str, Term]) -> Obligation:
    """These things cannot all be so."""
    return Obligation(name, "conclusion", hypotheses, FALSE)


def invariant_of(clauses: Iterable[Clause], *elements: Element) -> dict[str, Term]:
    """The clauses for these elements, by name."""
    return {clause.name: truth(all_of(*_instances(clause, elements))) for clause in clauses}
