"""A seal reaches no page of another module.

## Formula
`seals => alignment >= PAGE_SIZE`

## Why it matters
The seal works by whole pages. A page that another module's data shares is sealed with it, and that module faults at
its next store.

## Source
FLAG_SET_RO_AFTER_INIT; set_memory_ro() works on pages. Fact F05.

## Example that fails
A sealing root with `.alignment = 64`.

## How to mend
Page alignment on a root that seals.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.protection import exclusive, sealing_roots, seals_any
from modalloc_model.properties.rule import AllocationView, Behaviour, Condition, Instances, Outcome, Quantity, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import implies, truth


def _needed(seen: AllocationView) -> str:
    """An extent that is not sealed stays writable if it was."""
    return "w" if not seen.sealed and seen.was_writable else ""


@rule(
    severity=Severity.ERROR,
    each=sealing_roots,
    behaviour=Behaviour(
        at_event="allocator.oracles.sealing:seal_reaches_another_module",
        symbolic="designs.mail.violations:seals_neighbour",
        needs=_needed,
        instances=Instances(every_kind=True),
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Extents of a sealing root are whole pages."""
    return Condition(
        truth(implies(seals_any(table, root), exclusive(table, root))),
        "{alignment} of alignment and a page of {page}: a seal takes its neighbours' pages with it",
        facts={"alignment": Quantity(root.alignment, "bytes"), "page": Quantity(table.machine.page, "bytes")},
        blame="alignment",
    )
