"""A type that has parameters says where it is merged.

## Formula
`mapto is given, or the type is the first, or no other field is given`

## Why it matters
A field that is left out is zero, and zero is the first type, TEXT. A type whose parameters are given and whose
`mapto_type` is forgotten silently becomes executable text.

## Source
The mail: `MOD_ALLOC_TYPE_TEXT` is the first of the types. Fact G06.

## Example that fails
`[MOD_ALLOC_TYPE_DATA] = { .granularity = PAGE_SIZE, .pgprot = PAGE_KERNEL, ... }` without `.mapto_type`.

## How to mend
Write `.mapto_type` in every entry, also where it is the type itself.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import (
    Condition,
    NotApplicable,
    Outcome,
    each_type,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import (
    truth,
)


@rule(severity=Severity.WARNING, each=each_type)
def RULE(table: ParamSet, t: AllocType) -> Outcome:
    """Parameters come with a mapto, where zero is another type."""
    if not table.dialect.has_mapto:
        return NotApplicable(f"in {table.dialect.name} each type has memory of its own")
    given = sorted(t.written - {"mapto", ""})
    return Condition(
        truth("mapto" in t.written or t.index == 0 or not given),
        f"{t.name} gives {', '.join(given)} but no mapto_type, which is then 0: "
        f"it is merged into {table.types[0].name}",
    )
