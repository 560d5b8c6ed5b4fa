"""Symbolic runs, derived from a design's operations: a state is a set of elements, and a step replaces some of them.

A run is one path: which operation comes next, and which elements it takes, is chosen; addresses and what is asked for
are terms, and `constraints` says when the path can be taken. What a design's runs have beside elements (pages, owners,
what a load is made of) it adds in a class of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, TypeVar

from modalloc_model.params import ParamSet
from modalloc_model.smt.spans import Span, as_word, touches
from modalloc_model.smt.transitions import Element, Operation, Transition
from modalloc_model.words import FALSE, TRUE, Term, Truth, all_of, any_of, choose, negate, truth


@dataclass(frozen=True)
class Asked:
    """An operation of a run in the order of the trace, on a pool, and by name the words that tell it."""

    op: str
    words: tuple[tuple[str, Term], ...] = ()
    pool: str = ""


@dataclass(frozen=True)
class Run:
    """One path. Everything is replaced, nothing changed in place."""

    derived: ClassVar[tuple[type[Element], ...]] = ()  # kinds that others determine, and that are not kept

    table: ParamSet
    asked: tuple[Asked, ...] = ()
    constraints: tuple[Term, ...] = ()
    elements: tuple[Element, ...] = ()

    def having(self: RunT, *conjuncts: Truth) -> RunT:
        """The run where these hold too."""
        return replace(self, constraints=(*self.constraints, *(truth(c) for c in conjuncts)))

    def admitted(self, template: Element) -> tuple[Element, ...]:
        """The elements that an operation takes which is written for the arbitrary one."""
        return tuple(e for e in self.elements if e.exists != FALSE and template.admits(e))


RunT = TypeVar("RunT", bound=Run)


def step(
    run: RunT, operation: Operation, taken: Sequence[Element], words: Sequence[object] = ()
) -> tuple[RunT, Transition]:
    """The run in which the operation takes these elements, with these words; and the transition.

    The elements that are left keep their order, and what is produced comes after them.
    """
    left = [e for e in run.elements if e not in taken]
    beside: tuple[Element, ...] = ()
    if operation.gives:
        beside, left = _neighbours(left, operation.gives(*taken))
    done = operation.step(*taken, *beside, *words)
    if done.unmaps is not None:
        left = [e for e in left if truth(done.unmaps.takes_along(e)) != TRUE]
    made = [e for e in done.produced if e.exists != FALSE and not isinstance(e, run.derived)]
    able = run if done.condition in (TRUE, *run.constraints) else run.having(done.condition)
    return replace(able, elements=(*left, *made)), done


def _neighbours(elements: Iterable[Element], given: Element) -> tuple[tuple[Element, Element], list[Element]]:
    """What is joined with the given element, below and above, as terms; and the elements without these."""
    below = above = Span(given.span.lo, given.span.lo, FALSE)
    left = []
    for e in elements:
        if not given.may_join(e):
            left.append(e)
            continue
        is_below, is_above = touches(e.span, given.span), touches(given.span, e.span)
        below, above = _either(is_below, e.span, below), _either(is_above, e.span, above)
        apart = truth(all_of(e.exists, negate(is_below), negate(is_above)))
        if apart != FALSE:
            left.append(e.at(replace(e.span, exists=apart)))
    return (given.neighbour("below").at(below), given.neighbour("above").at(above)), left


def _either(condition: Term, x: Span, y: Span) -> Span:
    exists = truth(any_of(condition, y.exists))
    return Span(as_word(choose(condition, x.lo, y.lo)), as_word(choose(condition, x.last, y.last)), exists)
