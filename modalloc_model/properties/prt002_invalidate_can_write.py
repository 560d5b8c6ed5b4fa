"""Every free can write what it clears, with the protection as mapped (after a seal: ROI004).

## Formula
`invalidate is given || write permission is restored || the section's pages allow w`

## Why it matters
Without an `invalidate` function the memory is overwritten with memset(), under the protection that its pages have.
On read-only pages that faults, when the module is unloaded or its loading is rolled back.

## Source
The mail's kernel-doc: "invalidate: ... If NULL, use memset()". Facts F08, F09.

## Example that fails
The mail's *strict separation*: RODATA with `.pgprot = PAGE_KERNEL_RO` and no `.invalidate`.

## How to mend
Give an `invalidate` that writes through another mapping, or restore write permission before memory is freed
(`--assume free-access=restored`).
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.properties.protection import exclusive
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, Quantity, each_section, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, any_of, implies, negate, truth


@rule(
    severity=Severity.ERROR,
    each=each_section,
    behaviour=Behaviour(
        at_event="allocator.oracles.protection:invalidate_faults",
        symbolic="designs.mail.violations:free_faults",
        by_free=True,
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, section: Section, root: AllocType) -> Outcome:
    """There is a way to write."""
    assume, final = table.assumptions, table.final_protection(section)
    others = all_of(*(table.final_protection(s).write for s in table.sections_of(root)))
    own_pages, mapped = exclusive(table, root), root.protection
    as_it_is = all_of(
        final.write,
        mapped.write,  # a load that is rolled back is freed before the loader changes anything
        implies(assume.by_loader, any_of(others, all_of(own_pages, negate(root.reuses)))),
    )
    given_back = all_of(
        assume.restored,
        any_of(negate(mapped.write), negate(assume.by_loader), own_pages, others),
    )
    return Condition(
        truth(any_of(root.invalidate, given_back, as_it_is)),
        f"{section.name} is invalidated with memset() in pages that are {final.name or 'without protection'}",
        facts={"invalidate": Quantity(root.invalidate, "truth"), "w": Quantity(final.write, "truth")},
        blame="pgprot",
    )
