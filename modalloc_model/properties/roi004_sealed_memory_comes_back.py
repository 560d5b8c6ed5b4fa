"""Sealed memory can be invalidated and used again without a fault.

## Formula
`seals => (restored || invalidate is given) && (restored || memory is not used again || pgprot lacks w)`

## Why it matters
At unload the memory is overwritten with memset(), which faults on pages that the seal made read-only. Nothing in
the descriptor describes the way back.

## Source
The mail: RODATA_AFTER_INIT has FLAG_SET_RO_AFTER_INIT and no `invalidate`. Linux sets VM_FLUSH_RESET_PERMS. Fact
F09.

## Example that fails
The mail's own RODATA_AFTER_INIT: `FLAG_SET_RO_AFTER_INIT`, `.invalidate` NULL.

## How to mend
Give an `invalidate` that writes through another mapping, or restore write permission before memory is freed
(`--assume free-access=restored`).
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.protection import sealing_roots, seals_any
from modalloc_model.properties.rule import Behaviour, Condition, Outcome, Quantity, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, all_of, any_of, implies, negate, truth


@rule(
    severity=Severity.ERROR,
    each=sealing_roots,
    behaviour=Behaviour(
        at_event="allocator.oracles.sealing:sealed_memory_not_usable_again",
        symbolic="designs.mail.violations:sealed_comes_back_wrong",
    ),
    leans_on=("ALN001", "ALN002", "ROI002"),
)
def RULE(table: ParamSet, root: AllocType) -> Outcome:
    """Write permission comes back, or is not missed."""
    restored = table.assumptions.restored
    conjuncts = all_of(
        any_of(restored, root.invalidate),
        any_of(restored, negate(root.reuses), negate(root.protection.write)),
    )
    return Condition(
        truth(implies(seals_any(table, root), conjuncts)),
        f"{root.name} is sealed after init, and at unload memset() writes to it"
        if root.invalidate == FALSE
        else f"{root.name} is sealed after init, and its memory is used again as it is",
        facts={"invalidate": Quantity(root.invalidate, "truth"), "restored": Quantity(restored, "truth")},
        blame="flags",
    )
