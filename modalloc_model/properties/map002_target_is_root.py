"""The merge target is a root: one hop, no chain, no cycle.

## Formula
`mapto[mapto[t]] == mapto[t]`

## Why it matters
`real_types[i] = &base_types[params->mapto_type]` takes one hop. In a chain A -> B -> C, A allocates with B's own
parameters, which are not meant for use and often blank; B allocates with C's.

## Source
The mail: `mod_alloc_init_type()`. Fact G04.

## Example that fails
INITDATA merged into DATA, and DATA merged into TEXT.

## How to mend
Merge each type directly into the type whose parameters it should use.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, NotApplicable, Outcome, each_type, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import truth


@rule(severity=Severity.ERROR, each=each_type)
def RULE(table: ParamSet, t: AllocType) -> Outcome:
    """The target maps to itself."""
    target = table.root(t)
    if target is None:
        return NotApplicable("its mapto_type names no type (MAP001)")
    onward = table.types[target.mapto].name if table.root(target) else str(target.mapto)
    return Condition(
        truth(target.mapto == target.index),
        f"{t.name} is merged into {target.name}, which is itself merged into {onward}: "
        f"{t.name} allocates with {target.name}'s own parameters",
        blame="mapto",
    )
