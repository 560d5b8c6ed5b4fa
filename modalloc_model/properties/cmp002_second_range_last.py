"""The second range is used only when the first has no room.

## Formula
if a block lies in range 1 and not in range 0, no hole of range 0 held it

## Why it matters
The second range is the worse one: further away, reached through veneers.

## Source
The mail: "Once the preferred space runs out, allocate memory from a secondary address space". mm/execmem.c:31 of
Linux 6.12. Fact C12.

## Example that fails
A granularity that is no power of two: the rounded address jumps over room in the first range.

## How to mend
Power-of-two alignment, page or large-page granularity.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import (
    Condition,
    NotApplicable,
    Outcome,
    each_root,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import (
    FALSE,
    TRUE,
)


@rule(severity=Severity.ERROR, each=each_root, behaviour=True, leans_on=("ALN001", "ALN002"))
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Nothing beyond what it leans on."""
    if root.second == FALSE:
        return NotApplicable("there is no second range")
    return Condition(TRUE, f"{root.name} uses its second range although the first has room", blame="start1")
