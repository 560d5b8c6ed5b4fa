"""A range's bounds are granule-aligned.

## Formula
`start mod max(granularity, alignment) == 0 && (end + 1) mod granularity == 0`

## Why it matters
The root can never use the bytes before the first and after the last whole granule.

## Source
Facts F14, H22, H29: with KASLR the start is a page multiple, seldom a large-page multiple.

## Example that fails
PMD granularity with a start that KASLR moves by single pages.

## How to mend
Round the bounds, or accept the loss.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.blocks import block_alignment, down, up
from modalloc_model.properties.rule import Condition, Outcome, Quantity, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, eq, truth


@rule(severity=Severity.NOTE, each=each_root)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Nothing is lost at either end of the first range."""
    chosen = root.ranges[0]
    lo = up(chosen.first, block_alignment(root))
    end = down(chosen.last + 1, root.granularity)
    return Condition(
        truth(all_of(eq(lo, chosen.first), eq(end, chosen.last + 1))),
        "{below} at the start and {above} at the end of the range can never be used",
        facts={"below": Quantity(lo - chosen.first, "bytes"), "above": Quantity(chosen.last + 1 - end, "bytes")},
        blame="start0",
    )
