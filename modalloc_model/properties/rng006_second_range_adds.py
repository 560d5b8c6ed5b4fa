"""The second range adds something, and agrees with its flag.

## Formula
`FLAG_SECOND_ADDRESS_SPACE <=> start[1] or end[1] is given`, and the second range is not empty nor inside the first

## Why it matters
The flag repeats the array. With the flag alone the range is [0, 0]; with the array alone it is
never used; inside the first range it adds nothing when the first is full.

## Source
The mail's *strict separation* table has both, its variant has neither. Facts F12, H14, H33.

## Example that fails
`.flags = FLAG_SECOND_ADDRESS_SPACE` without `.start[1]`.

## How to mend
Give flag and range together, or neither.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, NotApplicable, Outcome, Quantity, each_allocated, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, all_of, any_of, iff, implies, ne, negate, truth, ule


@rule(severity=Severity.ERROR, each=each_allocated)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Flag and range together, and something new in it."""
    first, second = root.ranges[0], root.ranges[1]
    given = any_of(ne(second.start, 0), ne(second.end, 0))
    if root.second == FALSE and given == FALSE:
        return NotApplicable("there is no second range")
    nested = all_of(ule(first.first, second.first), ule(second.last, first.last))
    conjuncts = all_of(
        iff(root.second, given),
        implies(root.second, all_of(second.nonempty, negate(nested))),
    )
    return Condition(
        truth(conjuncts),
        "the second range {start} to {end} and FLAG_SECOND_ADDRESS_SPACE ({flag}) do not agree, "
        "or it adds nothing to the first",
        facts={
            "start": Quantity(second.start, "address"),
            "end": Quantity(second.end, "address"),
            "flag": Quantity(root.second, "truth"),
        },
        blame="start1" if "start1" in root.written else "flags",
    )
