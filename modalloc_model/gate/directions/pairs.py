"""Pairs to compare: the loader's sections by kind and lifetime, and the types with users other than the loader."""

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
class Pair:
    """A section or a type at both ends, with the root of its memory; None at an end that lacks it."""

    name: str
    base: AllocType | None
    head: AllocType | None
    old: Section | None = None
    new: Section | None = None


def pairs(base: ParamSet, head: ParamSet) -> Iterator[Pair]:
    """All pairs in the order of the head, sections first."""
    old = {(s.kind, s.init): s for s in base.sections}
    for section in head.sections:
        before = old.get((section.kind, section.init))
        yield Pair(
            section.name, base.section_root(before) if before else None, head.section_root(section), before, section
        )
    theirs = {t.name: t for t in base.allocated_from if t.name in base.dialect.others}
    ours = {t.name: t for t in head.allocated_from if t.name in head.dialect.others}
    for name in dict.fromkeys([*ours, *theirs]):
        yield Pair(name, theirs.get(name), ours.get(name))


def boots(here: ParamSet, there: ParamSet) -> Term:
    """The boots of one end. Unknowns that only the other end has range over that end's domain."""
    own = {unknown.name for unknown in here.machine.unknowns}
    others = [unknown for unknown in there.machine.unknowns if unknown.name not in own]
    names = {unknown.name for unknown in others}
    ties = [term for term in there.machine.constraints if names & set(variables(term))]
    return truth(all_of(here.machine.domain, *(u.domain(here.machine.bits) for u in others), *ties))


def restrict_unknowns(tables: Sequence[ParamSet], *terms: Term) -> list[ParamSet]:
    """The tables with only those unknowns that the terms mention, directly or through constraints.

    The other unknowns do not change the terms.
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
    """The unknowns of all tables, each once."""
    return list({unknown.name: unknown for table in reversed(tables) for unknown in table.machine.unknowns}.values())


def floors(*tables: ParamSet) -> dict[str, int]:
    """The least value of each unknown. Witnesses are chosen close to it."""
    return {unknown.name: unknown.step * unknown.low for unknown in unknowns(*tables)}


@dataclass(frozen=True, slots=True)
class Interval:
    """[first, last] if `there` holds, otherwise empty."""

    there: Term
    first: Term
    last: Term


def without(intervals: Iterable[Interval], holes: Iterable[Interval]) -> list[Interval]:
    """The intervals minus the holes. Disjoint intervals stay disjoint."""
    left = list(intervals)
    for hole in holes:
        left = [part for interval in left for part in _subtract(interval, hole) if part.there != FALSE]
    return left


def _subtract(whole: Interval, hole: Interval) -> tuple[Interval, Interval]:
    """The part below the hole (everything if there is no hole) and the part above it."""
    bits = whole.first.bits
    cuts = all_of(hole.there, ule(hole.first, whole.last))
    below = all_of(whole.there, any_of(negate(hole.there), ult(whole.first, hole.first)))
    last = lift(choose(cuts, hole.first - 1, whole.last), bits)
    above = all_of(whole.there, hole.there, ult(hole.last, whole.last))
    first = lift(largest(whole.first, hole.last + 1), bits)
    return Interval(truth(below), whole.first, last), Interval(truth(above), first, whole.last)


def length(intervals: Iterable[Interval], bits: int) -> Term:
    """Total bytes of disjoint intervals."""
    total = constant(0, bits)
    for interval in intervals:
        total = total + lift(choose(interval.there, interval.last - interval.first + 1, 0), bits)
    return total


def length_outside(intervals: Sequence[Interval], others: Sequence[Interval], bits: int) -> Term:
    """Total bytes of disjoint intervals outside `others`, which are disjoint too.

    Total length minus the length of each intersection: one term a pair. Cutting would double the pieces with each of
    the others.
    """
    return length(intervals, bits) - length(starmap(_common, product(intervals, others)), bits)


def _common(one: Interval, other: Interval) -> Interval:
    first, last = largest(one.first, other.first), smallest(one.last, other.last)
    there = truth(all_of(one.there, other.there, ule(first, last)))
    return Interval(there, lift(first, one.first.bits), lift(last, one.last.bits))
