"""Nothing but text is executable.

## Formula
under strict-rwx, for every section that is not text: `!x`

## Why it matters
Data that can be executed is the other half of a code injection.

## Source
CONFIG_STRICT_MODULE_RWX; kernel/module/strict_rwx.c of Linux 6.12. Facts G18, H04, H24.

## Example that fails
DATA merged into TEXT.

## How to mend
A root of its own for data, with a `pgprot` that is not executable on this machine.
"""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.params import AllocType, Kind, ParamSet, Section
from modalloc_model.properties.protection import exclusive
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
from modalloc_model.words import FALSE, Term, all_of, any_of, negate, truth


def data_sections(table: ParamSet) -> Iterator[Subject]:
    """Sections that are not text."""
    for subject in each_section(table):
        if subject.parts[0].kind is not Kind.TEXT:
            yield subject


def _barred(seen: AllocationView) -> str:
    """Not executable, unless it is text."""
    return "x" if seen.kind is not Kind.TEXT and seen.strict else ""


@rule(
    severity=Severity.ERROR,
    each=data_sections,
    behaviour=Behaviour(
        at_event="allocator.oracles.protection:data_executable",
        symbolic="designs.mail.violations:data_executable",
        bars=_barred,
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """Neither as mapped nor in the end, nor by a text section in the same page."""
    if table.assumptions.strict == FALSE:
        return NotClaimed("strict-rwx is not claimed (--claim strict-rwx)")
    mapped, final = root.protection, table.final_protection(section)
    conjuncts = all_of(
        negate(mapped.execute),
        negate(final.execute),
        clear_of_text(table, root),
    )
    return Condition(
        truth(conjuncts),
        f"{section.name} lies in pages that are {mapped.name or 'without protection'}",
        facts={"x": Quantity(mapped.execute, "truth")},
        blame="pgprot",
    )


def clear_of_text(table: ParamSet, root: AllocType) -> Term:
    """No page of the root that the loader made executable is, or becomes, another section's."""
    nothing_executes = all_of(*(negate(table.final_protection(s).execute) for s in table.sections_of(root)))
    own_pages = all_of(exclusive(table, root), any_of(table.assumptions.restored, negate(root.reuses)))
    return truth(any_of(nothing_executes, own_pages))
