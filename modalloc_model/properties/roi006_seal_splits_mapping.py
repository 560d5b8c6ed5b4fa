"""A seal leaves large mappings whole.

## Formula
`seals => granularity != PMD_SIZE`, and blocks that are carved are not tried as large pages of PMD_SIZE

## Why it matters
Sealing part of a large page splits it into small ones: it is right, and costs what the large page was for.

## Source
set_memory_ro() on a part of a PMD mapping. Fact C11.

## Example that fails
A root with FLAG_SET_RO_AFTER_INIT and PMD granularity.

## How to mend
Page granularity for sealed data.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.protection import sealing_roots, seals_any
from modalloc_model.properties.rule import Condition, Outcome, Quantity, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, implies, ne, truth


@rule(severity=Severity.NOTE, each=sealing_roots)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """No large pages under a seal."""
    attempts = root.attempts()
    return Condition(
        truth(implies(seals_any(table, root), all_of(*(ne(t.granularity, table.machine.pmd) for t in attempts)))),
        "each seal splits a mapping of {granularity} into pages",
        facts={"granularity": Quantity(attempts[0].granularity, "bytes")},
        blame="granularity",
    )
