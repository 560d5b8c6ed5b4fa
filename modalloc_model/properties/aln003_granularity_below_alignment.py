"""The granularity is not below the alignment.

## Formula
`alignment <= granularity`

## Why it matters
The kernel-doc speaks of granularity above alignment (free space is used again) and of both being the same (fresh
pages). The third case is undefined; here it means fresh pages.

## Source
The mail's kernel-doc of `struct mod_alloc_type`. Fact G11.

## Example that fails
`.granularity = PAGE_SIZE, .alignment = 8 * PAGE_SIZE`, as KASAN would want it.

## How to mend
Nothing, if fresh pages are intended.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, Outcome, Quantity, each_allocated, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import truth, ule


@rule(severity=Severity.WARNING, each=each_allocated)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """One of the two cases that the kernel-doc has."""
    return Condition(
        truth(ule(root.alignment, root.granularity)),
        "granularity {granularity} is below alignment {alignment}, which the kernel-doc does not define",
        facts={"granularity": Quantity(root.granularity, "bytes"), "alignment": Quantity(root.alignment, "bytes")},
        blame="alignment",
    )
