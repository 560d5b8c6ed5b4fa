"""What a module names in the kernel is in reach, directly or through a veneer.

## Formula
for every reach rule, every place of it on the root, and every target in the image or in another region of the machine:
the displacement, or that of the pages, or the target itself, or its segment, can be encoded in the instruction or word.
A rule's places are in text, in init text, in data (the tables of a module), or in memory of kprobes, ftrace or BPF; for
the last three there is no run, only the condition

## Why it matters
Modules call the kernel, their tables refer to it, and kprobes, ftrace and BPF branch to it. If the target is out of
reach, a loader that checks refuses the module; one that does not writes a branch to a wrong address.

## Source
apply_relocate_add() of each architecture; kernel/kprobes.c:106-124 of Linux 6.12 (slots within 2 GiB of the image).
Facts H01, H07, H16, H17, N02.

## Example that fails
nios2 with modules at 0xBE000000 and the kernel at 0xC0000000: CALL26 stays inside one 256 MiB segment.

## How to mend
Move the window into reach, build veneers (a PLT), or compile modules with long calls.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.profile_parts import qualify_outcome
from modalloc_model.properties.reach import naming_roots, reaching, the_kernel
from modalloc_model.properties.rule import Behaviour, Outcome, rule
from modalloc_model.verdict import Severity

PROFILE = (
    "reach.kernel",
    "image",
)


@rule(
    severity=Severity.ERROR,
    each=naming_roots(the_kernel),
    behaviour=Behaviour(
        at_event="allocator.oracles.reach:kernel_out_of_reach",
        symbolic="designs.mail.violations:kernel_out_of_reach",
        last="branch",
    ),
    leans_on=("ALN001", "ALN002"),
    profile=PROFILE,
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Every place to every byte of the image."""
    return qualify_outcome(table, root, reaching(table, root, the_kernel(table.machine)), *PROFILE)
