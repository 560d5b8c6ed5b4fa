"""INIT sections are gone once the module is live, and are never sealed.

## Formula
`INIT section => its root does not seal`

## Why it matters
Sealing comes before the INIT sections are freed: on a sealing root they are sealed, and then freed read-only.

## Source
Section 3 of semantics.md, finish_init; do_init_module() of kernel/module/main.c (Linux 6.12).

## Example that fails
INITDATA merged into RODATA_AFTER_INIT.

## How to mend
Merge INIT sections into roots without FLAG_SET_RO_AFTER_INIT.
"""

from __future__ import annotations

from collections.abc import Iterator

from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, Quantity, Subject, each_section, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import negate, truth


def init_sections(table: ParamSet) -> Iterator[Subject]:
    """Sections that go when the module is live."""
    for subject in each_section(table):
        if subject.parts[0].init:
            yield subject


@rule(
    severity=Severity.ERROR,
    each=init_sections,
    behaviour=Behaviour(
        at_event="allocator.oracles.sealing:init_section_stays",
        symbolic="designs.mail.violations:init_is_sealed",
    ),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """Its root does not seal."""
    return Condition(
        truth(negate(table.seals_section(section))),
        f"{section.name} lies on {root.name}, which is sealed before {section.name} is freed",
        facts={"seals": Quantity(root.seals, "truth")},
        blame="flags",
    )
