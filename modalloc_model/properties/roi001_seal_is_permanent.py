"""Once sealed, never writable again while live.

## Formula
for every sealed live extent, each of its pages: `!w`

## Why it matters
The seal protects data that attackers want to write: function pointers, security hooks.

## Source
FLAG_SET_RO_AFTER_INIT; kernel/module/strict_rwx.c of Linux 6.12.

## Example that fails
A sealing root with an alignment below the page: freeing a neighbour makes the page writable.

## How to mend
Page alignment on a root that seals.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.protection import sealing_roots
from modalloc_model.properties.rule import AllocationView, Behaviour, Condition, Outcome, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import TRUE


def _barred(seen: AllocationView) -> str:
    """A sealed extent is not writable."""
    return "w" if seen.sealed else ""


@rule(
    severity=Severity.ERROR,
    each=sealing_roots,
    behaviour=Behaviour(
        at_event="allocator.oracles.sealing:sealed_becomes_writable",
        symbolic="designs.mail.violations:sealed_becomes_writable",
        bars=_barred,
    ),
    leans_on=("ALN001", "ALN002", "ROI002"),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """No condition of its own; the rules it leans on suffice."""
    return Condition(TRUE, f"sealed memory of {root.name} becomes writable again", blame="alignment")
