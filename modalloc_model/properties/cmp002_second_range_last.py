"""The second range is used only when no hole of the first has a place for the block.

## Formula
if a block lies in range 1 and not in range 0, no hole of range 0 held it:
`arbiter-search == exact || max(granularity, alignment) <= PAGE_SIZE`, or the allocator asks again at the alignment of a
page

## Why it matters
The second range is the worse one: further away, reached through veneers.

## Source
The mail: "Once the preferred space runs out, allocate memory from a secondary address space". mm/execmem.c:31 of
Linux 6.12, and its search of the first range, 6.12:mm/vmalloc.c:1548-1621 (see CMP001). Fact C12.

## Example that fails
`alignment = 0x8000` and a fallback range under Linux's search: a hole of the first range that fits exactly is passed
over. A granularity that is no power of two: the rounded address jumps over room in the first range.

## How to mend
Power-of-two alignment, and no more than a page where Linux's vmalloc hands out address space.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.blocks import incomplete_search, search_is_complete
from modalloc_model.properties.rule import Behaviour, Condition, NotApplicable, NotJudged, Outcome, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, TRUE


@rule(
    severity=Severity.ERROR,
    each=each_root,
    behaviour=Behaviour(
        at_event="allocator.oracles.placement:second_range_without_need",
        symbolic="designs.mail.violations:second_too_early",
        when_placed=True,
        hole_lengths=True,
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """The search of the first range comes upon every hole that fits."""
    if root.second == FALSE:
        return NotApplicable("there is no second range")
    if root.carved == TRUE:
        return NotJudged("the cache asks for large pages in both ranges before it asks for less: that is not modelled")
    why, facts = incomplete_search(table, root)
    return Condition(
        search_is_complete(table, root),
        f"{root.name} uses its second range although the first has room{why}",
        facts=facts,
        blame="start1",
    )
