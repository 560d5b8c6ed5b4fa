"""The number of modules of one shape that fit: the least and the greatest over all boots.

Registered regions are subtracted from each usable range. Blocks of ALIGN(ALIGN(size, alignment), granularity) bytes
and their guards follow each other at multiples of max(granularity, alignment). If free space is reused, sections are
carved out of shared blocks. Roots with equal ranges share them unless the arbiter is private. The scarcest ranges
decide. All sections count as present at once, as while a module is loaded.

The number is an upper bound from the arithmetic of the ranges. It ignores fragmentation, INIT sections that are freed,
partial overlap of ranges (each group of roots counts alone), other users of the ranges, and the waste of mixed sizes at
the ends of holes and blocks. Granularity, alignment and page must be constant over all boots and powers of two;
otherwise capacity is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from modalloc_model.gate.directions.extremes import LeftOpen, measure
from modalloc_model.gate.directions.pairs import Interval, without
from modalloc_model.gate.findings import Finding, Measure, Shape
from modalloc_model.params import AllocType, Location, ParamSet
from modalloc_model.properties.blocks import up
from modalloc_model.words import (
    Term,
    all_of,
    choose,
    constant,
    evaluate,
    is_constant,
    lift,
    ule,
)


@dataclass(frozen=True)
class Share:
    """Ranges shared by some roots: the bytes of address space in whole blocks, and the bytes that one module takes."""

    bytes: Term
    wanted: int


@dataclass(frozen=True)
class _Need:
    """The demand of one module on a root's ranges: bytes of address space, and the shape of a block in them."""

    bytes: Fraction
    block: int  # including its guard
    stride: int  # distance from one block to the next
    alignment: int


def compare(base: ParamSet, head: ParamSet, shape: Shape) -> Iterator[Finding]:
    """At most one finding a direction; none if both ends have the same arithmetic."""
    old, new = capacity(base, shape), capacity(head, shape)
    if old is None or new is None or (old == new and base.machine.domain == head.machine.domain):
        return
    where = head.location(head.roots[0].name if head.roots else "", "start0")
    try:
        before, after = measure_modules(base, old), measure_modules(head, new)
    except LeftOpen as reason:
        yield Finding("lost-capacity", head.id, "", "could not determine how many modules fit", where, open=str(reason))
        return
    if before and after:
        yield from _findings(head, before, after, where, shape)


def _findings(head: ParamSet, before: Measure, after: Measure, where: Location, shape: Shape) -> Iterator[Finding]:
    message = f"{_text(before)} became {_text(after)} ({shape.text})"
    pairs = ((before.least, after.least), (before.greatest, after.greatest))
    if not (before.exact and after.exact):
        said = "could not determine how many modules fit in some boot"
        yield Finding("lost-capacity", head.id, "", f"{said}; found: {message}", where, open="a bound was not proved")
        return
    for kind, wanted in (("lost-capacity", -1), ("gained-capacity", 1)):
        if any((new - old) * wanted > 0 for old, new in pairs):
            yield Finding(kind, head.id, "", message, where, before=before, measure=after)


def _text(found: Measure) -> str:
    ends = f"{found.least}" if found.least == found.greatest else f"{found.least} to {found.greatest}"
    return f"{ends} modules"


def modules(shares: Iterable[Share], boot: Mapping[str, int]) -> int:
    """The number of modules that fit in a boot: the scarcest ranges decide."""
    return min((evaluate(share.bytes, boot) // share.wanted for share in shares), default=0)


def measure_modules(table: ParamSet, shares: Sequence[Share]) -> Measure | None:
    """Modules over all boots; None if there is no boot. LeftOpen if the solver finds no number.

    The number of modules grows with the bytes of each share, so each share's bytes are measured: the solver handles
    them far better than quotients. If different shares are scarce in different boots, no boot may reach the greatest
    number; the measure is then not exact.
    """
    found = [measure(s.bytes, table.machine.domain, table.machine.unknowns, "bytes") for s in shares]
    ends = [one for one in found if one is not None]
    if not ends or len(ends) < len(found):
        return None
    leasts = [(one.least // share.wanted, one.least_boot) for one, share in zip(ends, shares, strict=True)]
    low, low_boot = min(leasts, key=lambda end: end[0])
    high, high_boot = max(((_in(table, shares, one.greatest_boot), one.greatest_boot) for one in ends), key=_first)
    bound = min(one.greatest // share.wanted for one, share in zip(ends, shares, strict=True))
    return Measure("modules", low, high, low_boot, high_boot, exact=high == bound and all(e.exact for e in ends))


def _first(end: tuple[int, object]) -> int:
    return end[0]


def _in(table: ParamSet, shares: Sequence[Share], boot: tuple[tuple[str, int], ...]) -> int:
    """The number of modules in a boot that gives values to the unknowns of one share."""
    least = {unknown.name: unknown.step * unknown.low for unknown in table.machine.unknowns}
    return modules(shares, {**least, **dict(boot)})


def capacity(table: ParamSet, shape: Shape) -> list[Share] | None:
    """The ranges that modules share; None if the table is outside the model."""
    needs = {root.index: _need(table, root, shape) for root in table.roots}
    if None in needs.values() or any(table.section_root(section) is None for section in table.sections):
        return None
    groups = [(group, [need for root in group if (need := needs[root.index])]) for group in _groups(table)]
    return [share for group, wanted in groups if (share := _share(table, group, wanted))]


def _groups(table: ParamSet) -> list[list[AllocType]]:
    """Roots grouped by equal ranges."""
    found: dict[object, list[AllocType]] = {}
    for root in table.roots:
        key = tuple((root.usable(n), r.first, r.last) for n, r in enumerate(root.ranges))
        shared = key if table.assumptions.arbiter == "shared" else root.index
        found.setdefault(shared, []).append(root)
    return list(found.values())


def _need(table: ParamSet, root: AllocType, shape: Shape) -> _Need | None:
    given = (root.granularity, root.alignment, table.machine.page, table.guard)
    if not all(is_constant(term) for term in given):
        return None
    granularity, alignment, page, guard = (term.value for term in given)
    if not all(x and x & (x - 1) == 0 for x in (granularity, alignment)):
        return None
    sizes = [_round_up(shape.of(s) * page, alignment) for s in table.sections_of(root) if shape.of(s)]
    together = max(granularity, alignment)
    if granularity > alignment:
        stride = _round_up(granularity + guard, together)
        return _Need(Fraction(sum(sizes) * stride, granularity), granularity + guard, stride, together)
    blocks = [_round_up(size, granularity) + guard for size in sizes]
    strides = [_round_up(block, together) for block in blocks]
    return _Need(Fraction(sum(strides)), min(blocks, default=1), min(strides, default=1), together)


def _round_up(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


def _share(table: ParamSet, group: Sequence[AllocType], needs: Sequence[_Need]) -> Share | None:
    """Whole blocks of all holes together; None if no section of the module lies in them."""
    wanted = ceil(sum((need.bytes for need in needs), Fraction()))
    if not wanted:
        return None
    stride, block = min(need.stride for need in needs), min(need.block for need in needs)
    alignment = constant(min(need.alignment for need in needs), table.machine.bits)
    total = constant(0, table.machine.bits)
    for hole in _holes(table, group[0]):
        total = total + _blocks(hole, alignment, block, stride)
    return Share(total, wanted)


def _holes(table: ParamSet, root: AllocType) -> Iterable[Interval]:
    taken = [Interval(r.nonempty, r.first, r.last) for r in table.machine.registered]
    found: list[Interval] = []
    for number, chosen in enumerate(root.ranges):
        one = Interval(root.usable(number), chosen.first, chosen.last)
        found += without([one], [*taken, *found])
    return found


def _blocks(hole: Interval, alignment: Term, block: int, stride: int) -> Term:
    """Bytes of the blocks in the hole. The last block counts with its guard, every block as one stride."""
    lo = up(hole.first, alignment)
    fits = all_of(hole.there, ule(hole.first, lo), ule(lo, hole.last), ule(block - 1, hole.last - lo))
    beyond = hole.last - lo - (block - 1)  # the first block; others begin no farther than this
    return lift(choose(fits, beyond - beyond % stride + stride, 0), hole.first.bits)
