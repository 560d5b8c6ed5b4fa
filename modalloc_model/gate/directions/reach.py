"""The margin of branches: the distance from the farthest displacement of the worst boot to the limit of the reach.

It covers every place on a loader root and every target, as the rules of the group reach define them, for each relative,
page-relative or absolute instruction with a limited reach. Instructions with a veneer have no limit, and those within a
segment reach all of it or fail; neither has a margin. If a branch does not reach, the margin is 0 and a rule is
refuted.
"""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.gate.directions.extremes import LeftOpen, least
from modalloc_model.gate.findings import Finding, Measure
from modalloc_model.params import ParamSet, Reach, Region, paged_region
from modalloc_model.properties.reach import instructions, stands_on, target_regions, text_roots
from modalloc_model.words import Term, all_of, choose, constant, lift, smallest


def compare(base: ParamSet, head: ParamSet) -> Iterator[Finding]:
    """A finding for each instruction and kind of target whose margin in the worst boot changed."""
    before = {(reach.name, what): reach for reach, what in _limited(base)}
    for reach, what in _limited(head):
        old = before.get((reach.name, what))
        if old is not None:
            yield from _difference(base, head, old, reach, what)


def _limited(table: ParamSet) -> Iterator[tuple[Reach, str]]:
    for reach in table.machine.reach:
        if reach.kind in ("relative", "page", "absolute") and not (reach.veneer or reach.within_module):
            yield from ((reach, what) for what in reach.targets)


def _difference(base: ParamSet, head: ParamSet, old: Reach, new: Reach, what: str) -> Iterator[Finding]:
    terms = margin(base, old, what), margin(head, new, what)
    if terms[0] == terms[1] and base.machine.domain == head.machine.domain:
        return
    where = head.location(next((s.owner for s in text_roots(head)), ""), "start0")
    subject = f"{new.name} to {what}"
    try:
        before, after = (_least(*end) for end in zip((base, head), terms, strict=True))
    except LeftOpen as reason:
        message = "could not determine how much there is to spare"
        yield Finding("lost-reach-margin", head.id, subject, message, where, open=str(reason))
        return
    if before is not None and after is not None and before != after:
        kind = "lost-reach-margin" if after < before else "gained-reach-margin"
        message = f"in the worst boot {_text(before)} to spare became {_text(after)}"
        old_size, new_size = (Measure("bytes", size, size) for size in (before, after))
        yield Finding(kind, head.id, subject, message, where, before=old_size, measure=new_size)


def _least(table: ParamSet, term: Term) -> int | None:
    return least(term, table.machine.domain, table.machine.unknowns)


def _text(size: int) -> str:
    from modalloc_model.addresses import readable

    return readable(size) if size else "nothing"


def margin(table: ParamSet, reach: Reach, what: str) -> Term:
    """Bytes of margin in a boot; 0 if some branch does not reach, the largest word if there is no branch."""
    bits = table.machine.bits
    worst = constant((1 << bits) - 1, bits)
    for root in (root for root in table.roots if stands_on(table, root, reach)):
        for any_text, places in instructions(table, root, reach.instruction):
            for any_target, targets in target_regions(table, what):
                spare = choose(all_of(any_text, any_target), _spare(reach, places, targets), (1 << bits) - 1)
                worst = lift(smallest(worst, lift(spare, bits)), bits)
    return worst


def _spare(reach: Reach, places: Region, targets: Region) -> Term:
    """The distance to the nearer end of the reach. Unsigned: both differences fit if every place reaches."""
    bits = places.first.bits
    nothing = Region("", constant(0, bits), constant(0, bits))
    start, end = {
        "absolute": (nothing, targets),
        "page": (paged_region(places, reach.page_bits), paged_region(targets, reach.page_bits)),
    }.get(reach.kind, (places, targets))
    below = end.first - start.last - reach.lowest
    above = start.first - end.last + reach.highest
    reaches = reach.covers(places, targets)
    return lift(choose(reaches, lift(smallest(below, above), bits), 0), bits)
