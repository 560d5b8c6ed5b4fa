"""Every allocation is aligned as its root says.

## Formula
for every live extent e: `e.lo mod alignment == 0`. This holds in every run; with a cache that carves large pages into
pages, only if `alignment <= PAGE_SIZE`

## Why it matters
Code and data assume it: misaligned text faults or is slow, misaligned atomics tear.

## Source
The mail's kernel-doc: "The allocation alignment requirement". execmem_cache_alloc_locked() of mm/execmem.c (Linux 7.3)
does not look at it. Facts G10, G11.

## Example that fails
`.alignment = 48`: the second allocation lies at an odd multiple of 16.

## How to mend
Make the alignment a power of two, and the granularity a page or a large page. Leave EXECMEM_ROX_CACHE out where more
than a page is needed.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, PlaceClaim, Quantity, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import TRUE, truth, ule


@rule(
    severity=Severity.ERROR,
    each=each_root,
    behaviour=Behaviour(
        at_step="allocator.oracles.placement:misaligned",
        symbolic="designs.mail.violations:misaligned",
        when_placed=True,
        any_place=True,
        place=PlaceClaim.ALIGNED,
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """No further condition, unless carving uses another alignment than the table's."""
    if root.promised is None:
        return Condition(TRUE, f"an allocation of {root.name} is not aligned", blame="alignment")
    return Condition(
        truth(ule(root.wanted, root.alignment)),
        f"{root.name} is carved in steps of {{carved}}, and an allocation is to be aligned to {{wanted}}",
        facts={"carved": Quantity(root.alignment, "bytes"), "wanted": Quantity(root.wanted, "bytes")},
        blame="alignment",
    )
