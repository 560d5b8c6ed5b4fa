"""A section can be used as its kind needs, in every phase.

## Formula
`final protection >= needs(section)`, no page is shared with memory that is opened while text needs it executable,
and none is handed out again with a seal on it

## Why it matters
Text that is not executable faults at the first call, data that is not writable at the first store. With several
sections in one page, a change for one affects the others.

## Source
Section 4 of semantics.md; kernel/module/main.c of Linux 6.12 for who needs what. Facts F04, F22, G18.

## Example that fails
DATA merged into a root with `PAGE_KERNEL_RO`.

## How to mend
Give the root a `pgprot` that allows what each section merged into it needs, or stop merging.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.properties.protection import allows, exclusive, needs, no_stale_seal, opens, quiet_loader
from modalloc_model.properties.rule import AllocationView, Behaviour, Condition, Outcome, Quantity, each_section, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, any_of, negate, truth


def _needed(seen: AllocationView) -> str:
    """What the section needs; a seal takes w, and data that is read-only after init needs no w once live."""
    late = seen.kind is Kind.RODATA_AFTER_INIT and seen.phase == "live"
    wanted = needs(seen.kind) if seen.is_loaded else ""
    return wanted.replace("w", "") if seen.sealed or late else wanted


@rule(
    severity=Severity.ERROR,
    each=each_section,
    behaviour=Behaviour(
        at_event="allocator.oracles.mapto:lacks_what_it_needs",
        symbolic="designs.mail.violations:lacks_what_it_needs",
        needs=_needed,
    ),
    leans_on=("ALN001", "ALN002", "ROI002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """Its final protection allows what it needs, and no operation on a neighbour removes that."""
    wanted, final = needs(section.kind), table.final_protection(section)
    own_pages = exclusive(table, root)
    conjuncts = all_of(
        allows(final, wanted),
        any_of("x" not in wanted, own_pages, negate(opens(table, root))),  # opened pages are rw-
        quiet_loader(table, root),
        any_of("w" not in wanted, no_stale_seal(table, root)),
    )
    return Condition(
        truth(conjuncts),
        f"{section.name} needs {wanted} and lies on {root.name}, whose pages are {final.name}",
        facts={letter: Quantity(allows(final, letter), "truth") for letter in "rwx"},
        blame="pgprot",
    )
