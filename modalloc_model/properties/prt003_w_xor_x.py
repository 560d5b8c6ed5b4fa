"""Nothing is writable and executable at once, and text is not written once loaded.

## Formula
under strict-rwx: `!(w && x)` for every page; for text `!w` once loaded, also while a neighbour in the page is
opened

## Why it matters
Writable code is what every code-injection wants.

## Source
CONFIG_STRICT_MODULE_RWX; kernel/module/strict_rwx.c of Linux 6.12. Facts F03, F07, H04, H31.

## Example that fails
`PAGE_KERNEL_EXEC`, which is rwx on most architectures.

## How to mend
PAGE_KERNEL_ROX with `fill` and `invalidate` functions that write through another mapping.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.properties.protection import exclusive, opens, quiet_loader
from modalloc_model.properties.rule import (
    AllocationView,
    Behaviour,
    Condition,
    NotClaimed,
    Outcome,
    Quantity,
    each_section,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, all_of, any_of, negate, truth


def _barred(seen: AllocationView) -> str:
    """Text is not writable once loaded."""
    return "w" if seen.kind is Kind.TEXT and seen.is_loaded and seen.strict else ""


@rule(
    severity=Severity.ERROR,
    each=each_section,
    behaviour=Behaviour(
        at_event="allocator.oracles.protection:writable_and_executable",
        symbolic="designs.mail.violations:writable_and_executable",
        bars=_barred,
        bars_both=True,
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """Neither as mapped nor with the final protection; nor by an operation on a neighbour."""
    if table.assumptions.strict == FALSE:
        return NotClaimed("strict-rwx is not claimed (--claim strict-rwx)")
    mapped, final = root.protection, table.final_protection(section)
    text = section.kind is Kind.TEXT
    conjuncts = all_of(
        negate(all_of(mapped.write, mapped.execute)),
        negate(all_of(final.write, final.execute)),
        any_of(not text, negate(final.write)),
        any_of(not text, exclusive(table, root), negate(opens(table, root))),
        any_of(not text, quiet_loader(table, root)),
    )
    return Condition(
        truth(conjuncts),
        f"{section.name} lies in pages that are {mapped.name or 'without protection'}",
        facts={"w": Quantity(mapped.write, "truth"), "x": Quantity(mapped.execute, "truth")},
        blame="pgprot",
    )
