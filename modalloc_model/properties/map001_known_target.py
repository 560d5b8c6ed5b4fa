"""The merge target is one of the table's types.

## Formula
`mapto < number of types`

## Why it matters
The init code computes `&base_types[params->mapto_type]` without a check: any other number is a pointer outside the
array, and the first allocation of the type takes its lock there.

## Source
The mail: `mapto_type`, `mod_alloc_init_type()`. Facts G05, G07.

## Example that fails
`[MOD_ALLOC_TYPE_DATA] = { .mapto_type = 7 }` in a table of seven types.

## How to mend
Name one of the types; a type that is not merged names itself.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, Outcome, each_type, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import truth


@rule(severity=Severity.ERROR, each=each_type)
def RULE(table: ParamSet, t: AllocType) -> Outcome:
    """The index is inside the array."""
    count = len(table.types)
    return Condition(
        truth(0 <= t.mapto < count),
        f"mapto_type is {t.mapto}, and the table's types are numbered 0 to {count - 1}",
        blame="mapto",
    )
