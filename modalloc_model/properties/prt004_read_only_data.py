"""Read-only data is not writable.

## Formula
under strict-rwx: rodata `!w` once loaded; ro-after-init `!w` once live

## Why it matters
Constant tables and function pointers that can be written are not constant.

## Source
CONFIG_STRICT_MODULE_RWX; kernel/module/strict_rwx.c of Linux 6.12. Facts F04, F08, H04.

## Example that fails
RODATA merged into TEXT with PAGE_KERNEL_EXEC.

## How to mend
A root with PAGE_KERNEL_RO for RODATA, and FLAG_SET_RO_AFTER_INIT for RODATA_AFTER_INIT.
"""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.properties.protection import exclusive, opens, quiet_loader
from modalloc_model.properties.rule import (
    AllocationView,
    Behaviour,
    Condition,
    NotClaimed,
    Outcome,
    Quantity,
    Subject,
    each_section,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, all_of, any_of, negate, truth


def read_only_sections(table: ParamSet) -> Iterator[Subject]:
    """Sections that are read-only in the end."""
    for subject in each_section(table):
        if subject.parts[0].kind in (Kind.RODATA, Kind.RODATA_AFTER_INIT):
            yield subject


def _barred(seen: AllocationView) -> str:
    """Not writable once loaded, or for ro-after-init once live."""
    late = seen.kind is Kind.RODATA_AFTER_INIT and seen.phase == "live"
    constant = seen.kind is Kind.RODATA and seen.is_loaded
    return "w" if (late or constant) and seen.strict else ""


@rule(
    severity=Severity.ERROR,
    each=read_only_sections,
    behaviour=Behaviour(
        at_event="allocator.oracles.protection:read_only_data_writable",
        symbolic="designs.mail.violations:read_only_data_writable",
        bars=_barred,
    ),
    leans_on=("ALN001", "ALN002", "ROI002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """Not writable in the end, nor while a neighbour is opened."""
    if table.assumptions.strict == FALSE:
        return NotClaimed("strict-rwx is not claimed (--claim strict-rwx)")
    final = table.final_protection(section)
    late = section.kind is Kind.RODATA_AFTER_INIT
    settled = any_of(section.init, table.seals_section(section)) if late else negate(final.write)
    undisturbed = all_of(any_of(exclusive(table, root), negate(opens(table, root))), quiet_loader(table, root))
    return Condition(
        truth(all_of(settled, undisturbed)),
        f"{section.name} stays writable on {root.name}",
        facts={"w": Quantity(final.write, "truth"), "sealed": Quantity(table.seals_section(section), "truth")},
        blame="flags" if late else "pgprot",
    )
