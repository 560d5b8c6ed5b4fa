"""The table's ends follow the same convention as the architecture's symbols.

## Formula
`dialect's convention == architecture's convention`, or the `end` of each used range is not one of the architecture's
`*_END` symbols

## Why it matters
The kernel-doc calls `end` inclusive; on most architectures MODULES_END is the first byte after the area. Read
literally the range has one byte of the following region: the kernel image, the fixmap, PKMAP. In the opposite case the
last page is lost.

## Source
The mail's kernel-doc ("end (inclusive)"); include/linux/execmem.h:59 of Linux 6.12, which says the same and means
the opposite. Facts F01, H28.

## Example that fails
`.end[0] = MODULES_END` on x86-64, where MODULES_END is exclusive.

## How to mend
Write `MODULES_END - 1`, or document the end as exclusive. Blocks are whole granules, so an end that is
granule-aligned gives away no granule.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.blocks import holding
from modalloc_model.properties.rule import Condition, Outcome, Quantity, each_allocated, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, all_of, any_of, choose, eq, lift, negate, truth


@rule(severity=Severity.WARNING, each=each_allocated)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Both inclusive, or both exclusive; `MODULES_END - 1` shows that the author knew the difference."""
    documented, meant = table.dialect.inclusive_ends, table.machine.inclusive_ends
    ends = [value for name, value in sorted(table.machine.symbols.items()) if "_END" in name]
    first, second = (any_of(*(eq(chosen.end, end) for end in ends)) for chosen in root.ranges)
    words = {True: "inclusive", False: "exclusive"}
    tops = [holding(table, root, chosen)[1].last for chosen in root.ranges]
    bits = table.machine.bits
    by_second = truth(first) == FALSE and truth(all_of(root.usable(1), second)) != FALSE
    return Condition(
        truth(any_of(documented is meant, negate(any_of(first, all_of(root.usable(1), second))))),
        f"the table's ends are documented as {words[documented]}, and {table.machine.name}'s symbols are "
        f"{words[meant]}: "
        f"one byte too {'many' if documented else 'few'} "
        "at {end}; the highest block ends at {top}",
        facts={
            "end": Quantity(lift(choose(first, *(chosen.end for chosen in root.ranges)), bits), "address"),
            "top": Quantity(lift(choose(first, *tops), bits), "address"),
        },
        blame="end1" if by_second else "end0",
    )
