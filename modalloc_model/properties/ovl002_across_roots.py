"""No allocation overlaps one of another root.

## Formula
`arbiter == shared`, or the ranges of the roots are disjoint

## Why it matters
Each type has its own tree and its own mutex. If each also carves its range by itself, two roots with the same range
hand out the same addresses.

## Source
The mail: `struct mod_type_allocator` has a `free_area` and a mutex per type. Facts F06, F16, G12.

## Example that fails
TEXT and INITTEXT with the same range and `arbiter=private`.

## How to mend
Let one arbiter (vmalloc) hand out address space for all, or make the ranges disjoint.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import (
    Behaviour,
    Condition,
    NotApplicable,
    Outcome,
    PlaceClaim,
    Quantity,
    each_root,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import Truth, all_of, any_of, disjoint, implies, truth


@rule(
    severity=Severity.ERROR,
    each=each_root,
    behaviour=Behaviour(
        at_event="allocator.oracles.overlap:mapped_over_another_root",
        at_step="allocator.oracles.overlap:overlap_of_roots",
        symbolic="designs.mail.violations:overlaps_other_root",
        when_placed=True,
        across_roots=True,
        by_collision=True,
        place=PlaceClaim.APART,
    ),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """One arbiter, or ranges that do not meet."""
    others = [other for other in table.roots if other is not root]
    if not others:
        return NotApplicable("there is one root")
    apart = all_of(*(_apart(root, other) for other in others))
    return Condition(
        truth(any_of(table.assumptions.shared, apart)),
        f"{root.name} and another root carve the same addresses, each by itself",
        facts={"start": Quantity(root.ranges[0].first, "address"), "last": Quantity(root.ranges[0].last, "address")},
        blame="start0",
    )


def _apart(root: AllocType, other: AllocType) -> Truth:
    pairs = [
        implies(all_of(root.usable(i), other.usable(j)), disjoint(x.first, x.last, y.first, y.last))
        for i, x in enumerate(root.ranges)
        for j, y in enumerate(other.ranges)
    ]
    return all_of(*pairs)
