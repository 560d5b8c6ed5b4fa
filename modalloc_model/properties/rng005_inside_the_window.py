"""No block lies outside the architecture's windows, or on occupied memory that the arbiter does not know of.

## Formula
for every block that the arbiter may hand out (at a multiple of `max(granularity, alignment)`, in a range with its
guard, clear of registered regions, of a length that some request is rounded to): each of its bytes is in some window,
and in no forbidden region; and every region of the machine is in order, `first <= last`, unless it is empty

## Why it matters
Outside the windows no address space is reserved for modules: another user maps it, or it is the kernel image, the
fixmap or user space. A region that is registered with the arbiter, like arm64's image, may lie inside: the arbiter
avoids it. A block may lie across two adjacent windows: all of it is address space for modules.

## Source
mm/vmalloc.c:5137 of Linux 6.12: outside VMALLOC nothing else protects mappings. Facts F01, H10, H13.

## Example that fails
A range that starts below MODULES_VADDR in the kernel image.

## How to mend
Clamp the range to the window.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet, Region
from modalloc_model.properties.blocks import every_byte, holdings, lies_in_windows
from modalloc_model.properties.profile_parts import why_any_missing, without_any
from modalloc_model.properties.rule import Condition, Outcome, Quantity, each_allocated, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, Truth, all_of, truth

PROFILE = ("windows", "forbidden")


@rule(severity=Severity.ERROR, each=each_allocated, profile=PROFILE)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Every byte of a block is inside some window and clear of every forbidden region."""
    machine = table.machine
    if nothing := without_any(machine, *PROFILE):
        return nothing

    def free(held: Region) -> Truth:
        clear = (taken.apart(held.first, held.last) for taken in machine.forbidden)
        return all_of(lies_in_windows(held, machine.windows) if machine.windows else True, *clear)

    facts: dict[str, Quantity] = {}
    for number, (fits, region) in enumerate(holdings(table, root)):
        if fits != FALSE:
            facts |= {
                f"low{number}": Quantity(region.first, "address"),
                f"high{number}": Quantity(region.last, "address"),
            }
    windows = ", ".join(w.name for w in machine.windows) or "any"
    return Condition(
        truth(all_of(every_byte(table, root, free), *(region.ordered for region in machine.regions))),
        f"blocks of {root.name} may lie outside the window ({windows}) or on memory that is taken",
        facts=facts,
        blame="start0",
        not_judged=why_any_missing(machine, *PROFILE),
    )
