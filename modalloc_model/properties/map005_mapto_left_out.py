"""Every type says where it is merged.

## Formula
`mapto is given, or the type is the first`

## Why it matters
A field that is left out is zero, and zero is the first type, TEXT. A type whose `mapto_type` is forgotten silently
becomes executable text, with the granularity, the ranges and the protection of TEXT; so does one that the table leaves
out whole.

## Source
The mail: `MOD_ALLOC_TYPE_TEXT` is the first of the types. Fact G06.

## Example that fails
`[MOD_ALLOC_TYPE_DATA] = { .granularity = PAGE_SIZE, .pgprot = PAGE_KERNEL, ... }` without `.mapto_type`, or no entry
for MOD_ALLOC_TYPE_DATA at all.

## How to mend
Write an entry for every type, and `.mapto_type` in every entry, also where it is the type itself.
"""

from __future__ import annotations

from modalloc_model.params import AllocType, ParamSet, Protection
from modalloc_model.properties.rule import Condition, NotApplicable, Outcome, each_type, rule
from modalloc_model.verdict import Severity
from modalloc_model.words import FALSE, truth


@rule(severity=Severity.WARNING, each=each_type)
def RULE(table: ParamSet, t: AllocType) -> Outcome:
    """The type has a mapto_type, or is the first."""
    if not table.dialect.has_mapto:
        return NotApplicable(f"in {table.dialect.name} each type has memory of its own")
    given = sorted(t.written - {"mapto", ""})
    first = table.types[0]
    message = f"{t.name} gives {', '.join(given)} but no mapto_type, which is then 0: it is merged into {first.name}"
    return Condition(truth("mapto" in t.written or t.index == 0), message if given else _left_out(table))


def _left_out(table: ParamSet) -> str:
    """All types that the table leaves out, in one sentence, so that they are reported once."""
    first, *others = table.types
    names = [t.name for t in others if not t.written - {""}]
    verb, them = ("is", "it") if len(names) == 1 else ("are", "them")
    return (
        f"{', '.join(names)} {verb} left out: C's zero merges {them} into {first.name}, "
        f"whose pages are {first.protection.name or 'given no protection'} ({_letters(first.protection)})"
    )


def _letters(protection: Protection) -> str:
    allowed = ((protection.read, "r"), (protection.write, "w"), (protection.execute, "x"))
    return "".join("-" if term == FALSE else letter for term, letter in allowed)
