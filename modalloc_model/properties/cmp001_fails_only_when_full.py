"""An allocation fails only if nothing fits.

## Formula
if some aligned place in a free extent, or in a hole within a usable range, holds the request, then one is found

## Why it matters
An allocator that looks in the wrong place refuses modules while there is room.

## Source
mm/vmalloc.c: the lowest aligned address of a hole is tried, and no other. Fact C10.

## Example that fails
A granularity that is no power of two: the rounded address jumps over room that would do.

## How to mend
Power-of-two alignment, page or large-page granularity.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import (
    Condition,
    Outcome,
    each_root,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import (
    TRUE,
)


@rule(severity=Severity.ERROR, each=each_root, behaviour=True, leans_on=("ALN001", "ALN002"))
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Nothing beyond what it leans on."""
    return Condition(TRUE, f"an allocation of {root.name} fails although there is room", blame="alignment")
