"""Data that is read-only after init is writable until it is sealed.

## Formula
`final protection allows w`, and no page comes with an old seal on it

## Why it matters
The module's init function writes it. If it cannot, the module faults while it loads.

## Source
Section 4 of semantics.md.

## Example that fails
RODATA_AFTER_INIT merged into a root with PAGE_KERNEL_RO.

## How to mend
Give it a root with a writable `pgprot` and FLAG_SET_RO_AFTER_INIT.
"""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.properties.protection import no_stale_seal, quiet_loader
from modalloc_model.properties.rule import (
    AllocationView,
    Behaviour,
    Condition,
    Outcome,
    Quantity,
    Subject,
    each_section,
    rule,
)
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, truth


def late_sections(table: ParamSet) -> Iterator[Subject]:
    """Sections that are read-only after init."""
    for subject in each_section(table):
        if subject.parts[0].kind is Kind.RODATA_AFTER_INIT:
            yield subject


def _needed(seen: AllocationView) -> str:
    """Writable in phase init, until it is sealed."""
    late = seen.kind is Kind.RODATA_AFTER_INIT and seen.phase == "init"
    return "w" if late and not seen.sealed else ""


@rule(
    severity=Severity.ERROR,
    each=late_sections,
    behaviour=Behaviour(
        at_event="allocator.oracles.sealing:read_only_before_its_seal",
        symbolic="designs.mail.violations:unwritable_before_seal",
        needs=_needed,
    ),
    leans_on=("ALN001", "ALN002", "ROI002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """It gets write permission, and nothing takes it early."""
    final = table.final_protection(section)
    conjuncts = all_of(
        final.write,
        no_stale_seal(table, root),
        quiet_loader(table, root),
    )
    return Condition(
        truth(conjuncts),
        f"{section.name} lies on {root.name}, whose pages are {final.name}: it cannot be written before the seal",
        facts={"w": Quantity(final.write, "truth")},
        blame="pgprot",
    )
