"""Every branch from module text reaches the kernel image, directly or through a veneer.

## Formula
for every place in text and every target in the image: the branch's displacement, or its segment, is within what the
instruction encodes

## Why it matters
Modules call the kernel all the time. If the loader checks, it refuses the module; if it does not, it writes a
branch to somewhere else.

## Source
apply_relocate_add() of each architecture. Facts H01, H07, H16, H17, N02.

## Example that fails
nios2 with modules at 0xBE000000 and the kernel at 0xC0000000: CALL26 stays inside one 256 MiB segment.

## How to mend
Move the window into reach, build veneers (a PLT), or compile modules with long calls.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.conditions import (
    reaching,
    text_roots,
)
from modalloc_model.properties.rule import (
    NotApplicable,
    Outcome,
    rule,
)
from modalloc_model.verdict import Severity


@rule(severity=Severity.ERROR, each=text_roots, behaviour=True, leans_on=("ALN001", "ALN002"))
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Every place to every byte of the image."""
    if table.machine.image is None:
        return NotApplicable(f"{table.machine.name} names no kernel image")
    return reaching(table, root, "kernel")
