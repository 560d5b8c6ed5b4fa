"""What is compared with what: the loader's sections by kind and life, and the types that others allocate from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import product, starmap

from modalloc_model.params import AllocType, Machine, ParamSet, Section, Unknown
from modalloc_model.words import (
    FALSE,
    Term,
    all_of,
    any_of,
    choose,
    constant,
    largest,
    lift,
    negate,
    smallest,
    truth,
    ule,
    ult,
    variables,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A section or a type at both ends, and the roots that its memory comes from; None at an end without one."""

    name: str
    base: AllocType | None
    head: AllocType | None
    old: Section | None = None
    new: Section | None = None


def places(base: ParamSet, head: ParamSet) -> Iterator[Place]:
    """In the order of the head; sections first."""
    old = {(s.kind, s.init): s for s in base.sections}
    for section in head.sections:
        before = old.get((section.kind, section.init))
        yield Place(
            section.name, base.section_root(before) if before else None, head.section_root(section), before, section
        )
    theirs = {t.name: t for t in base.allocated_from if t.name in base.dialect.others}
    ours = {t.name: t for t in head.allocated_from if t.name in head.dialect.others}
    for name in dict.fromkeys([*ours, *theirs]):
        yield Place(name, theirs.get(name), ours.get(name))


def boots(here: ParamSet, there: ParamSet) -> Term:
    """The boots that one end may have; what only the other end leaves to the boot has the values that it has there."""
    own = {unknown.name for unknown in here.machine.unknowns}
    others = [unknown for unknown in there.machine.unknowns if unknown.name not in own]
    names = {unknown.name for unknown in others}
    ties = [term for term in there.machine.constraints if names & set(variables(term))]
    return truth(all_of(here.machine.domain, *(u.domain(here.machine.bits) for u in others), *ties))


def told_apart(tables: Sequence[ParamSet], *terms: Term) -> list[ParamSet]:
    """The tables in boots that differ in what the terms speak of, and in what constraints tie to that, alone.

    Whatever else the boot decides makes no difference to the terms.
    """
    names = set(variables(*terms))
    ties = [set(variables(term)) for table in tables for term in table.machine.constraints]
    while more := {name for tie in ties if tie & names for name in tie - names}:
        names |= more
    return [replace(table, machine=_of_boots(table.machine, names)) for table in tables]


def _of_boots(machine: Machine, names: Set[str]) -> Machine:
    return replace(
        machine,
        unknowns=tuple(unknown for unknown in machine.unknowns if unknown.name in names),
        constraints=tuple(term for term in machine.constraints if set(variables(term)) <= names),
    )


def unknowns(*tables: ParamSet) -> list[Unknown]:
    """What the boot decides at any of the ends, each once."""
    return list({unknown.name: unknown for table in reversed(tables) for unknown in table.machine.unknowns}.values())


def floors(*tables: ParamSet) -> dict[str, int]:
    """The least value of each unknown: what witnesses are chosen near to."""
    return {unknown.name: unknown.step * unknown.low for unknown in unknowns(*tables)}


@dataclass(frozen=True, slots=True)
class Interval:
    """[first, last]; nothing where `there` does not hold."""

    there: Term
    first: Term
    last: Term


def without(intervals: Iterable[Interval], holes: Iterable[Interval]) -> list[Interval]:
    """What is left of the intervals; disjoint ones stay so."""
    left = list(intervals)
    for hole in holes:
        left = [part for interval in left for part in _cut(interval, hole) if part.there != FALSE]
    return left


def _cut(whole: Interval, hole: Interval) -> tuple[Interval, Interval]:
    """What lies below the hole, or all of it if there is no hole, and what lies above."""
    bits = whole.first.bits
    cuts = all_of(hole.there, ule(hole.first, whole.last))
    below = all_of(whole.there, any_of(negate(hole.there), ult(whole.first, hole.first)))
    last = lift(choose(cuts, hole.first - 1, whole.last), bits)
    above = all_of(whole.there, hole.there, ult(hole.last, whole.last))
    first = lift(largest(whole.first, hole.last + 1), bits)
    return Interval(truth(below), whole.first, last), Interval(truth(above), first, whole.last)


def length(intervals: Iterable[Interval], bits: int) -> Term:
    """Bytes of disjoint intervals in all."""
    total = constant(0, bits)
    for interval in intervals:
        total = total + lift(choose(interval.there, interval.last - interval.first + 1, 0), bits)
    return total


def length_outside(intervals: Sequence[Interval], others: Sequence[Interval], bits: int) -> Term:
    """Bytes of disjoint intervals that lie in none of the others, which are disjoint too.

    All bytes without those of each common part: so many terms as there are pairs, where pieces would be cut in two by
    each of the others.
    """
    return length(intervals, bits) - length(starmap(_common, product(intervals, others)), bits)


def _common(one: Interval, other: Interval) -> Interval:
    first, last = largest(one.first, other.first), smallest(one.last, other.last)
    there = truth(all_of(one.there, other.there, ule(first, last)))
    return Interval(there, lift(first, one.first.bits), lift(last, one.last.bits))
