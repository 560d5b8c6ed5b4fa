"""No block lies outside the architecture's window, or on memory that the arbiter does not know to be taken.

## Formula
`[lowest block, highest block's end]` is inside a window, and apart from every forbidden region

## Why it matters
Outside the window nothing keeps address space for modules: another user maps it, or it is the kernel image, the
fixmap, user space. A region that is registered with the arbiter, as arm64's image is, may lie inside: the arbiter
goes round it.

## Source
mm/vmalloc.c:5137 of Linux 6.12: outside VMALLOC nothing else protects what is mapped. Facts F01, H10, H13.

## Example that fails
A range that starts below MODULES_VADDR in the kernel image.

## How to mend
Clamp the range to the window.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.conditions import (
    holdings,
)
from modalloc_model.properties.rule import (
    Condition,
    Fact,
    NotApplicable,
    Outcome,
    each_allocated,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import (
    FALSE,
    Truth,
    all_of,
    any_of,
    disjoint,
    implies,
    truth,
    ule,
)


@rule(severity=Severity.ERROR, each=each_allocated)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """What blocks can occupy is inside some window and clear of every forbidden region."""
    machine = table.machine
    if not machine.windows:
        return NotApplicable(f"{machine.name} names no window")
    conjuncts: list[Truth] = []
    facts: dict[str, Fact] = {}
    for number, (fits, region) in enumerate(holdings(table, root)):
        inside = any_of(*(all_of(ule(w.first, region.first), ule(region.last, w.last)) for w in machine.windows))
        clear = all_of(*(disjoint(region.first, region.last, f.first, f.last) for f in machine.forbidden))
        conjuncts.append(implies(fits, all_of(inside, clear)))
        if fits != FALSE:
            facts |= {f"low{number}": Fact(region.first, "address"), f"high{number}": Fact(region.last, "address")}
    windows = ", ".join(w.name for w in machine.windows)
    return Condition(
        truth(all_of(*conjuncts)),
        f"blocks of {root.name} may lie outside the window ({windows}) or on memory that is taken",
        facts=facts,
        blame="start0",
    )
