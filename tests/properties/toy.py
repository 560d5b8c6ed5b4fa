"""Tables of 8-bit words with values of their own choice: small enough to look at every address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modalloc_model.params import (
    AllocType,
    Assumptions,
    Dialect,
    Kind,
    Machine,
    ParamSet,
    Protection,
    Range,
    Region,
    Section,
)
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, Outcome, Subject
from modalloc_model.words import Term, constant, evaluate, truth

BITS, PAGE, PMD = 8, 4, 16
TOP = (1 << BITS) - 1
FLAGS = ("second", "seals", "shared_pmd", "fill", "invalidate")


def word(value: int) -> Term:
    return constant(value, BITS)


def alloc_type(name: str, index: int = 0, **fields: Any) -> AllocType:
    """A type that is its own root: whole pages of [0x40, 0x7f], mapped rw-, unless told otherwise."""
    ranges = fields.pop("ranges", [(0x40, 0x7F)])
    given: dict[str, Any] = {
        "second": len(ranges) > 1,
        "mapto": index,
        "granularity": PAGE,
        "alignment": PAGE,
        **fields,
    }
    given |= {name: truth(given.get(name, False)) for name in FLAGS}
    given |= {name: word(given[name]) for name in ("granularity", "alignment")}
    bounds = [*ranges, (0, 0)][:2]
    chosen = tuple(Range.from_bounds(word(first), word(last), inclusive=True) for first, last in bounds)
    protection = Protection.of("PAGE_TEST", given.pop("protection", "rw-"))
    return AllocType(name=name, index=index, ranges=chosen, protection=protection, **given)


def region(name: str, first: int, last: int) -> Region:
    return Region(name, word(first), word(last))


def table(
    *types: AllocType,
    sections: dict[str, str] | None = None,
    assume: Assumptions | None = None,
    **machine: Any,
) -> ParamSet:
    """The types on a machine of 8 bits. `sections` says which type each asks for: by default text of every type."""
    wanted = sections or {f"{t.name}.TEXT": t.name for t in types}
    dialect = Dialect("toy", tuple(t.name for t in types), tuple(_section(*item) for item in wanted.items()), True)
    machine_ = Machine("toy machine", BITS, word(PAGE), word(PMD), inclusive_ends=True)
    return ParamSet("toy", "toy.c", 1, replace(machine_, **machine), dialect, assume or Assumptions(), tuple(types))


def _section(name: str, of_type: str) -> Section:
    """The kind stands at the end of the section's name: `a.INITTEXT`, `a.RODATA_AFTER_INIT`."""
    kind = name.rpartition(".")[2]
    return Section(name, Kind[kind.removeprefix("INIT")], kind.startswith("INIT"), of_type)


def subjects(rule: str, params: ParamSet) -> dict[str, Subject]:
    return {subject.name: subject for subject in RULES[rule].each(params)}


def outcome(rule: str, params: ParamSet, name: str) -> Outcome:
    return RULES[rule].of(params, subjects(rule, params)[name])


def holds(rule: str, params: ParamSet, name: str, **values: int) -> bool:
    """Whether the rule's condition holds for its subject of that name."""
    found = outcome(rule, params, name)
    assert isinstance(found, Condition), found
    return bool(evaluate(found.formula, values))
