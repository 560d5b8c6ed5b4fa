"""No two live allocations of one root overlap.

## Formula
for all live extents e, o of the root: `e.last < o.lo || o.last < e.lo`

## Why it matters
Two modules in the same bytes: the second load overwrites the first one's code.

## Source
The purpose of an allocator.

## Example that fails
None: the allocator's checks alone guarantee it for every table, as the theorem shows. An allocator that forgets the
remainder of a split breaks it.

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
    behaviour=Behaviour(at_step="allocator.oracles.overlap:overlap_in_a_root", place=PlaceClaim.APART),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """No condition: the theorem needs none."""
    return Condition(TRUE, f"two allocations of {root.name} overlap")
