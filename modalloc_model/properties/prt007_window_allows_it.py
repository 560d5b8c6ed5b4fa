"""Blocks lie where pages may allow what their sections need.

## Formula
for every byte of every block that the arbiter may hand out, and every window that holds it: the window `allows` each of
the letters that the root's sections need once they are loaded, and execution for what kprobes, ftrace and BPF allocate

## Why it matters
On some machines the page table entry alone does not decide the rights of a page. On 32-bit powerpc (book3s) a segment
of 256 MiB is executable or not as a whole: module text in a segment that is not executable faults at its first
instruction, whatever its page table entry says.

## Source
arch/powerpc/mm/book3s32/mmu.c of Linux 6.12, is_module_segment() and mmu_mark_initmem_nx().

## Example that fails
Text in a range that goes on into a window with `allows: rw-`.

## How to mend
Keep text out of the window, or let the window's pages be executable.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet, Region
from modalloc_model.properties.blocks import every_byte
from modalloc_model.properties.protection import needs
from modalloc_model.properties.rule import Condition, NotApplicable, Outcome, Quantity, each_allocated, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import Truth, all_of, truth


@rule(severity=Severity.ERROR, each=each_allocated)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Clear of every window that allows less."""
    wanted = _wanted(table, root)
    limits = [window for window in table.machine.windows if wanted - {*window.allows}]
    if not any(window.allows != "rwx" for window in table.machine.windows):
        return NotApplicable(f"no window of {table.machine.name} limits what its pages allow")

    def clear(held: Region) -> Truth:
        return all_of(*(window.apart(held.first, held.last) for window in limits))

    needed = "".join(letter if letter in wanted else "-" for letter in "rwx")
    places = ", ".join(f"{window.name} allows {window.allows}" for window in limits)
    return Condition(
        truth(every_byte(table, root, clear)),
        f"blocks of {root.name}, which need {needed}, may lie where pages cannot allow that ({places})",
        facts={
            "start": Quantity(root.ranges[0].first, "address"),
            "last": Quantity(root.ranges[0].last, "address"),
        },
        blame="start0",
    )


def _wanted(table: ParamSet, root: AllocType) -> set[str]:
    """The rights that the root's sections need; other allocators need execution."""
    own = {letter for section in table.sections_of(root) for letter in needs(section.kind)}
    return own | ({"x"} if root in table.others else set())
