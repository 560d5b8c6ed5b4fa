"""An allocation fails only if no free extent and no hole has a place for it.

## Formula
if some aligned place in a free extent, or in a hole within a usable range, holds the request, then one is found:
`arbiter-search == exact || max(granularity, alignment) <= PAGE_SIZE`, or the allocator asks again at the alignment of a
page

## Why it matters
An allocator that overlooks room refuses modules although there is room.

## Source
6.12:mm/vmalloc.c:1548-1621, 1815-1848 (find_vmap_lowest_match(), __alloc_vmap_area()): with an alignment above a page,
subtrees whose longest hole is shorter than size + alignment - 1 are not entered, so that a hole that fits exactly is
found only where it lies on the way. In each hole one place is tried, the lowest. Fact C10.

## Example that fails
`alignment = 0x8000` under Linux's search: others leave a hole of exactly the size, and the load is refused. A
granularity that is no power of two: the rounded address jumps over room that would do.

## How to mend
Power-of-two alignment, and no more than a page where Linux's vmalloc hands out address space.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.blocks import incomplete_search, search_is_complete
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, each_root, rule
from modalloc_model.verdict import Severity


@rule(
    severity=Severity.ERROR,
    each=each_root,
    behaviour=Behaviour(
        at_event="allocator.oracles.placement:refused_for_no_reason",
        symbolic="designs.mail.violations:fails_with_room",
        when_placed=True,
        hole_lengths=True,
        by_refusal=True,
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """The search comes upon every hole that fits."""
    why, facts = incomplete_search(table, root)
    return Condition(
        search_is_complete(table, root),
        f"an allocation of {root.name} fails although there is room{why}",
        facts=facts,
        blame="alignment",
    )
