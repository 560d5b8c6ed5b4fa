"""A branch reaches the veneer of its own module, and what else lies in the same section.

## Formula
for every branch with a limited distance to its veneer, and for every displacement inside one section: the largest
section that fits between two walls of a range is no longer than the distance, in both directions

## Why it matters
A veneer helps only if the branch reaches it. It lies in its module's own text, so a module whose text is longer than
the reach of a branch cannot be loaded, or branches to a wrong address, wherever it lies.

## Source
arch/arm64/kernel/module-plts.c and arch/arm/kernel/module-plts.c of Linux 6.12: one table of veneers for a module.

## Example that fails
Text of up to 2 GiB, and veneers that must be within 128 MiB of their branches. The message says from which size on.

## How to mend
Bound the size of a module's text, or build veneers near each branch.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet, Reach, Region
from modalloc_model.properties.blocks import every_byte
from modalloc_model.properties.reach import stands_on, text_roots
from modalloc_model.properties.rule import Condition, NotApplicable, Outcome, Quantity, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import Term, Truth, all_of, any_of, constant, truth, ule, ult


@rule(severity=Severity.WARNING, each=text_roots)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Both ends of the longest section."""
    rules = [reach for reach in table.machine.reach if _farthest(reach) and stands_on(table, root, reach)]
    if not rules:
        return NotApplicable(f"{table.machine.name} names no branch that the size of a module bounds")

    def within(held: Region) -> Truth:
        return all_of(*(_within(reach, held.last - held.first) for reach in rules))

    smallest, first = min((_smallest(reach), reach.name) for reach in rules)
    return Condition(
        truth(every_byte(table, root, within)),
        f"{first}: in a section of {{smallest}} or more of one module it does not reach the other end, and nothing "
        "bounds the section below that",
        facts={"smallest": Quantity(constant(smallest, table.machine.bits), "bytes")},
        blame="end0",
    )


def _farthest(reach: Reach) -> tuple[int, int] | None:
    """How far back and how far on the branch goes inside its section; None where that bounds nothing."""
    if reach.within_module:
        return None if reach.kind == "anywhere" else (reach.lowest, reach.highest)
    return (reach.veneer_lowest, reach.veneer_highest) if reach.veneer_lowest or reach.veneer_highest else None


def _within(reach: Reach, length: Term) -> Truth:
    """In a section of `length` and one bytes: from its first byte to its last, and from the last place to the first."""
    lowest, highest = _farthest(reach) or (0, 0)
    if highest < 0 or lowest > 0:
        return ult(length, reach.instruction - 1)  # it does not even reach itself
    back = ule(length - (reach.instruction - 1), -lowest)
    return any_of(ult(length, reach.instruction - 1), all_of(ule(length, highest), back))


def _smallest(reach: Reach) -> int:
    """Bytes of the smallest section that is too long."""
    lowest, highest = _farthest(reach) or (0, 0)
    return min(highest + 2, reach.instruction - lowest + 1)
