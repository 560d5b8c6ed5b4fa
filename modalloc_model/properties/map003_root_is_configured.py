"""A root has parameters of its own.

## Formula
`granularity != 0 && alignment != 0 && (start[0] != 0 || end[0] != 0) && pgprot allows something`

## Why it matters
Only a root's parameters are used. If they are zero, no size can be rounded, no address is in range, and every
allocation fails; without any permission the first access faults.

## Source
The mail: the entries of the INIT types give `mapto_type` alone. Fact F17.

## Example that fails
`[MOD_ALLOC_TYPE_INITTEXT] = { .mapto_type = MOD_ALLOC_TYPE_INITTEXT }` and nothing else.

## How to mend
Give the root its parameters, or merge the type into one that has them.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, Outcome, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, all_of, any_of, ne, truth


@rule(severity=Severity.ERROR, each=each_root)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Nothing that is needed is zero."""
    given = {
        "granularity": ne(root.granularity, 0),
        "alignment": ne(root.alignment, 0),
        "start[0] and end[0]": any_of(ne(root.ranges[0].start, 0), ne(root.ranges[0].end, 0)),
        "pgprot": any_of(root.protection.read, root.protection.write, root.protection.execute),
    }
    missing = [name for name, holds in given.items() if holds == FALSE]
    return Condition(
        truth(all_of(*given.values())),
        f"{root.name} is used as a root, and leaves at zero: {', '.join(missing) or 'a parameter, in some boot'}",
    )
