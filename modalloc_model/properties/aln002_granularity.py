"""The granularity is a page or a large page, and agrees with its flag.

## Formula
`granularity == PAGE_SIZE || granularity == PMD_SIZE`, and `FLAG_SHARED_PMD <=> granularity == PMD_SIZE`

## Why it matters
Mappings are made of pages: any other granularity leaves blocks that share a page, with one protection for both. The
flag repeats the information, and it is undefined which of the two counts.

## Source
The mail's kernel-doc: "The allocation granularity (PTE/PMD)". Facts F13, G10.

## Example that fails
`.granularity = 64`.

## How to mend
Use PAGE_SIZE or PMD_SIZE, and set FLAG_SHARED_PMD with PMD_SIZE alone.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.rule import Condition, Outcome, Quantity, each_root, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import all_of, any_of, eq, iff, truth


@rule(severity=Severity.ERROR, each=each_root)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """One of two sizes, and the flag for the larger."""
    page, pmd = table.machine.page, table.machine.pmd
    conjuncts = all_of(
        any_of(eq(root.granularity, page), eq(root.granularity, pmd)),
        iff(root.shared_pmd, eq(root.granularity, pmd)),
    )
    return Condition(
        truth(conjuncts),
        "granularity is {granularity}, FLAG_SHARED_PMD is {flag}; a page is {page}, a large page {pmd}",
        facts={
            "granularity": Quantity(root.granularity, "bytes"),
            "flag": Quantity(root.shared_pmd, "truth"),
            "page": Quantity(page, "bytes"),
            "pmd": Quantity(pmd, "bytes"),
        },
        blame="granularity",
    )
