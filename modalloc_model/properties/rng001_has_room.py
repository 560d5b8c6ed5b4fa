"""Every section can place at least one granule, in every boot.

## Formula
some usable range, clear of what the arbiter has registered, holds `ALIGN(ALIGN(1, alignment), granularity) + guard`
bytes at `ALIGN(start, max(granularity, alignment))`; `start` is that of the range, or follows a registered region.

This suffices for any number of registered regions: a place clear of all of them lies in one hole, and there the
allocator finds room at that place or below it.

## Why it matters
Otherwise no module can be loaded, in the boots whose layout makes the range that small.

## Source
mm/vmalloc.c:3190 of Linux 6.12 (the guard page lies inside the range). Facts F15, H29.

## Example that fails
A range of one page with a guard page.

## How to mend
Widen the range, or lower the granularity.
"""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.properties.blocks import block_alignment, granule, up
from modalloc_model.properties.rule import Behaviour, Condition, Instances, Outcome, Quantity, each_section, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import Truth, all_of, any_of, constant, ne, truth, ule


@rule(
    severity=Severity.ERROR,
    each=each_section,
    behaviour=Behaviour(
        at_event="allocator.oracles.placement:first_byte_refused",
        symbolic="designs.mail.violations:refused_at_first",
        when_placed=True,
        instances=Instances(registered=True),
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """The first allocation of one byte succeeds."""
    facts = {"start": Quantity(root.ranges[0].first, "address"), "last": Quantity(root.ranges[0].last, "address")}
    return Condition(
        truth(any_of(*_places(table, root))),
        f"not one granule of {{granule}} fits into {root.name}'s ranges",
        facts={**facts, "granule": Quantity(granule(root), "bytes"), "guard": Quantity(table.guard, "bytes")},
        blame="start0",
    )


def _places(table: ParamSet, root: AllocType) -> Iterator[Truth]:
    """For each range, and each place where a hole of the empty state may start in it."""
    rounded = up(constant(1, root.alignment.bits), root.alignment)
    size = granule(root) + table.guard
    possible = all_of(
        ne(rounded, 0),
        ule(rounded, granule(root)),  # the rounding to the granularity did not wrap
        ule(granule(root), size),  # nor did the guard
    )
    for number, chosen in enumerate(root.ranges):
        starts = [chosen.first, *(region.last + 1 for region in table.machine.registered)]
        for start in starts:
            place = up(start, block_alignment(root))
            last = place + (size - 1)
            yield all_of(
                root.usable(number),
                possible,
                ule(chosen.first, start),
                ule(start, place),  # the rounding did not wrap
                ule(place, chosen.last),
                ule(size - 1, chosen.last - place),  # it fits
                *(region.apart(place, last) for region in table.machine.registered),
            )
