"""A merged type's parameters are those of its root, or are not given.

## Formula
for each field that the merged type gives: `field == field of the root`

## Why it matters
Only the root's parameters are used. Different parameters of a merged type have no effect, although they look as if they
had.

## Source
The mail: `mod_allocator.real_types[i]`.

## Example that fails
RODATA merged into TEXT, with `.pgprot = PAGE_KERNEL_RO` of its own: it gets TEXT's protection.

## How to mend
Leave the fields out, or stop merging the type.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet
from modalloc_model.properties.protection import same
from modalloc_model.properties.rule import Condition, NotApplicable, Outcome, each_type, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import TRUE, Truth, all_of, eq, iff, truth


@rule(severity=Severity.WARNING, each=each_type)
def RULE(table: ParamSet, t: AllocType) -> Outcome:
    """Each given field equals the root's."""
    root = table.root(t)
    if root is None or root is t:
        return NotApplicable("the type is not merged into another")
    agreements = {name: holds for name, holds in _agreements(t, root).items() if name.rstrip("01") in _fields(t)}
    differing = [name for name, holds in agreements.items() if holds != TRUE]
    return Condition(
        truth(all_of(*agreements.values())),
        f"{t.name} is merged into {root.name}, so these of its parameters are never used: {', '.join(differing)}",
        blame=differing[0] if differing else "mapto",
    )


def _fields(t: AllocType) -> set[str]:
    return {name.rstrip("01") for name in t.written}


def _agreements(t: AllocType, root: AllocType) -> dict[str, Truth]:
    flags = [(t.second, root.second), (t.seals, root.seals), (t.shared_pmd, root.shared_pmd), (t.carved, root.carved)]
    bounds = {}
    for number, (mine, used) in enumerate(zip(t.ranges, root.ranges, strict=True)):
        bounds[f"start{number}"] = eq(mine.start, used.start)
        bounds[f"end{number}"] = eq(mine.end, used.end)
    return {
        "flags": all_of(*(iff(mine, used) for mine, used in flags)),
        "granularity": eq(t.granularity, root.granularity),
        "alignment": eq(t.wanted, root.wanted),
        **bounds,
        "pgprot": same(t.protection, root.protection),
        "fill": truth(t.fill_name == root.fill_name),
        "invalidate": truth(t.invalidate_name == root.invalidate_name),
    }
