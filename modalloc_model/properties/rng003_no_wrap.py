"""A range is in order, and clear of the first and the last page of the address space.

## Formula
`start <= end && start >= PAGE_SIZE && end < 2^W - PAGE_SIZE`

## Why it matters
A range that wraps is empty or everything. An address in the first page reads as NULL, one in the last page as an
error code: the caller takes the allocation for a failure.

## Source
include/linux/err.h (MAX_ERRNO is 4095). Facts G15, H33.

## Example that fails
`.start[0] = MODULES_END, .end[0] = MODULES_VADDR`.

## How to mend
Check the order of the bounds, and the values of the symbols in the smallest and largest configuration.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, Outcome, Quantity, each_allocated, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, constant, implies, truth, ule, ult


@rule(severity=Severity.ERROR, each=each_allocated)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Each range that is used is in order and clear of both ends."""
    page = table.machine.page
    conjuncts = [root.ranges[0].nonempty]
    for number, chosen in enumerate(root.ranges):
        clear = all_of(
            ule(page, chosen.first),  # NULL
            ult(chosen.last, constant(0, table.machine.bits) - page),  # ERR_PTR()
        )
        conjuncts.append(truth(implies(root.usable(number), clear)))
    return Condition(
        truth(all_of(*conjuncts)),
        "the range {start} to {end} wraps, or touches the first or the last page of the address space",
        facts={
            "start": Quantity(root.ranges[0].start, "address"),
            "end": Quantity(root.ranges[0].end, "address"),
            "page": Quantity(page, "bytes"),
        },
        blame="start0",
    )
