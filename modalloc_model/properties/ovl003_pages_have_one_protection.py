"""No two allocations whose protections differ share a page.

## Formula
blocks are whole pages, and where the loader gives sections of one root different protections, `alignment >=
PAGE_SIZE`

## Why it matters
A page has one protection. The later of two sections determines it; the other lacks rights that it needs, or has rights
that it must not have.

## Source
Section 6 of semantics.md. Fact F05.

## Example that fails
Two roots with a granularity of 64 bytes.

## How to mend
Page granularity for blocks, page alignment where sections of one root end up with different protections.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.protection import exclusive, same
from modalloc_model.properties.rule import Behaviour, Condition, Instances, Outcome, Quantity, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, any_of, truth


@rule(
    severity=Severity.ERROR,
    each=each_root,
    behaviour=Behaviour(
        at_step="allocator.oracles.overlap:shared_page_of_two_protections",
        symbolic="designs.mail.violations:shares_page",
        when_placed=True,
        across_roots=True,
        instances=Instances(companions=1, every_kind=True, proves_premises=True),
    ),
    leans_on=("ALN001", "ALN002"),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Sections of the root have pages of their own, or all the same protection."""
    finals = [table.final_protection(section) for section in table.sections_of(root)]
    alike = all_of(*(same(final, finals[0]) for final in finals))
    return Condition(
        truth(any_of(exclusive(table, root), alike)),
        f"sections of {root.name} get different protections from the loader, and share pages: "
        "alignment is {alignment}",
        facts={"alignment": Quantity(root.alignment, "bytes"), "page": Quantity(table.machine.page, "bytes")},
        blame="alignment",
    )
