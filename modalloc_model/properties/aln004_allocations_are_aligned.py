"""Every allocation is aligned as its root says.

## Formula
for every live extent e: `e.lo mod alignment == 0`

## Why it matters
Code and data assume it: misaligned text faults or is slow, misaligned atomics tear.

## Source
The mail's kernel-doc: "The allocation alignment requirement". Facts G10, G11.

## Example that fails
`.alignment = 48`: the second allocation lies at an odd multiple of 16.

## How to mend
Make the alignment a power of two, and the granularity a page or a large page.
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
    return Condition(TRUE, f"an allocation of {root.name} is not aligned", blame="alignment")
