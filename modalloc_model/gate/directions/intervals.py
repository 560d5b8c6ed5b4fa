"""Intervals of addresses, [first, last] where `there` holds and nothing where it does not: differences and lengths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product, starmap

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
)


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
