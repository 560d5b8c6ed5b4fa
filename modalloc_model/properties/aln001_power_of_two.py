"""The alignment is a power of two.

## Formula
`alignment != 0 && (alignment & (alignment - 1)) == 0`

## Why it matters
ALIGN() is a mask. With any other number it gives addresses that are not multiples of the alignment, silently.

## Source
include/linux/align.h; BUG_ON(!is_power_of_2(align)) in mm/vmalloc.c:2022 of Linux 6.12. Fact G11.

## Example that fails
`.alignment = 48`.

## How to mend
Round up to the next power of two.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, Outcome, Quantity, each_allocated, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, is_power_of_two, truth


@rule(severity=Severity.ERROR, each=each_allocated)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """One bit is set."""
    return Condition(
        truth(all_of(is_power_of_two(root.alignment), is_power_of_two(root.wanted))),
        "alignment is {alignment}, which is no power of two: alignment & (alignment - 1) is {rest}",
        facts={
            "alignment": Quantity(root.wanted, "bytes"),
            "rest": Quantity(root.wanted & (root.wanted - 1)),
        },
        blame="alignment",
    )
