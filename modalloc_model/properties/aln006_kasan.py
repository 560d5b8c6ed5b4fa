"""KASAN's alignment is met where the machine needs it.

## Formula
`alignment >= PAGE_SIZE << KASAN_SHADOW_SCALE_SHIFT`

## Why it matters
Without KASAN_VMALLOC the shadow of a module is allocated page by page: two modules whose shadow shares a page free
it under each other.

## Source
MODULE_ALIGN in arch/x86/include/asm/page_64_types.h and others. Fact G16.

## Example that fails
`.alignment = PAGE_SIZE` on a machine with KASAN and without KASAN_VMALLOC.

## How to mend
Use MODULE_ALIGN.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, NotApplicable, Outcome, Quantity, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import truth, ule


@rule(severity=Severity.ERROR, each=each_root)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """At least KASAN's."""
    wanted = table.machine.kasan_alignment
    if wanted is None:
        return NotApplicable(f"nothing is aligned for KASAN's shadow on {table.machine.name} as it is described")
    return Condition(
        truth(ule(wanted, root.wanted)),
        "alignment is {alignment}, and KASAN needs {wanted}",
        facts={"alignment": Quantity(root.wanted, "bytes"), "wanted": Quantity(wanted, "bytes")},
        blame="alignment",
    )
