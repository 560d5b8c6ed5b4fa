"""Every section on a sealed root tolerates the seal.

## Formula
`seals => the section does not write once live`; under strict-rwx also `ro-after-init => its root seals`

## Why it matters
FLAG_SET_RO_AFTER_INIT removes write permission from all of the module's memory on the root. Data that is merged there
faults at the first store after init, and so does data that shares a page with a sealed section. Conversely,
RODATA_AFTER_INIT on a root that never seals stays writable.

## Source
The mail: FLAG_SET_RO_AFTER_INIT. Fact F04.

## Example that fails
DATA merged into RODATA_AFTER_INIT.

## How to mend
Give sealed data a root of its own, with the flag.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.properties.rule import AllocationView, Behaviour, Condition, Instances, Outcome, each_section, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, any_of, negate, truth


def _needed(seen: AllocationView) -> str:
    """Data that lasts stays writable where it was."""
    lasts = seen.kind is Kind.DATA and not seen.init
    return "w" if lasts and seen.was_writable else ""


def _barred(seen: AllocationView) -> str:
    """Under strict-rwx, data that is read-only after init is not writable once live."""
    late = seen.kind is Kind.RODATA_AFTER_INIT and seen.phase == "live"
    return "w" if late and seen.strict else ""


@rule(
    severity=Severity.ERROR,
    each=each_section,
    behaviour=Behaviour(
        at_event="allocator.oracles.mapto:seal_takes_what_is_needed",
        symbolic="designs.mail.violations:seal_hurts",
        needs=_needed,
        bars=_barred,
        instances=Instances(companions=1),
    ),
    leans_on=("ALN001", "ALN002", "ROI002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """Written once live: not sealed. Sealed data under strict-rwx: sealed."""
    sealed = table.seals_section(section)
    written = section.kind is Kind.DATA and not section.init
    late = section.kind is Kind.RODATA_AFTER_INIT and not section.init
    conjuncts = all_of(
        any_of(not written, negate(sealed)),
        any_of(not late, negate(table.assumptions.strict), sealed),
    )
    told = "is sealed with it, and is written while the module is live" if written else "is never sealed"
    return Condition(truth(conjuncts), f"{section.name} lies on {root.name} and {told}", blame="flags")
