"""Every allocation lies inside one of its root's ranges.

## Formula
for every live extent e: `start[i] <= e.lo && e.last <= end[i]` for a usable range i

## Why it matters
The range is what the branches reach and what nothing else uses.

## Source
alloc_vmap_area() of mm/vmalloc.c:1799 (Linux 6.12): `addr + size <= vend`, checked for overflow.

## Example that fails
None: the allocator's checks alone guarantee it for every table, as the theorem shows. An allocator without the
overflow check breaks it.

## How to mend
Nothing to mend in a table.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, PlaceClaim, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import TRUE


@rule(
    severity=Severity.ERROR,
    each=each_root,
    behaviour=Behaviour(at_step="allocator.oracles.placement:outside_its_ranges", place=PlaceClaim.INSIDE),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """No condition: the theorem needs none."""
    return Condition(TRUE, f"an allocation of {root.name} lies outside its ranges", blame="start0")
