"""Every section can be filled.

## Formula
`fill is given || pages are opened for filling || pgprot allows w`, and no page comes read-only from an earlier use

## Why it matters
Without a `fill` function the section is copied with memcpy(), under the protection that its pages have. Into
read-only pages that faults, while the module loads.

## Source
The mail's kernel-doc: "fill: Function to fill allocated space. If NULL, use memcpy()". Facts F08, F10.

## Example that fails
The mail's *strict separation*: RODATA with `.pgprot = PAGE_KERNEL_RO` and no `.fill`.

## How to mend
Give a `fill` that writes through another mapping, or let the protection apply after the section is filled
(`--assume protect=after-fill`).
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.properties.protection import exclusive, no_stale_seal
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, Quantity, each_section, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import Truth, all_of, any_of, implies, negate, truth


@rule(
    severity=Severity.ERROR,
    each=each_section,
    behaviour=Behaviour(
        at_event="allocator.oracles.protection:fill_faults",
        symbolic="designs.mail.violations:fill_faults",
    ),
    leans_on=("ALN001", "ALN002", "ROI002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """There is a way to write."""
    writes = root.protection.write
    plain_copy = all_of(writes, no_stale_seal(table, root), _loader_leaves_room(table, root))
    opened = all_of(table.assumptions.after_fill, negate(writes))
    return Condition(
        truth(any_of(root.fill, opened, plain_copy)),
        f"{section.name} is filled with memcpy() into {root.protection.name or 'pages without protection'}",
        facts={"fill": Quantity(root.fill, "truth"), "w": Quantity(writes, "truth")},
        blame="pgprot",
    )


def _loader_leaves_room(table: ParamSet, root: AllocType) -> Truth:
    """Pages that the loader made read-only are not filled again as they are."""
    stays = all_of(*(table.final_protection(s).write for s in table.sections_of(root)))
    reset = all_of(table.assumptions.restored, exclusive(table, root))
    return implies(all_of(table.assumptions.by_loader, root.reuses), any_of(stays, reset))
