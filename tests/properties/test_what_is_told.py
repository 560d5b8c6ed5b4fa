"""What a user is told of a table that breaks a rule: message, values, types, and the field that is to blame.

Without it, a refutation could blame the wrong field, or show values that are not those of the table.

One table a rule, that of tests/engine/tables.py which is wrong in that respect alone; no solver is asked. Written anew
by `python -m tests.properties.test_what_is_told`: read the difference before you keep it.

Without it we would miss a message that names the wrong value, or blames the wrong field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from modalloc_model.params import Assumptions, ParamSet
from modalloc_model.properties import RULES
from modalloc_model.properties.blocks import holdings
from modalloc_model.properties.reach import ReachCondition
from modalloc_model.properties.rule import Condition, NotApplicable, NotClaimed, NotJudged, Quantity, Rule, Subject
from modalloc_model.words import constant, evaluate
from tests.engine.tables import GRAFTS, RIGHT, STRICT, grafted, table

GOLDEN = Path(__file__).parent / "golden" / "told.txt"
BOOT = {"kaslr_offset": 0x1000}
ALWAYS_TRUE = ("RNG004", "ALN004", "OVL001", "OVL004", "ROI001", "CMP001", "CMP002")
"""Rules without a condition of their own: what is told of them is what the theorem or a run says."""


def tables() -> Iterator[tuple[str, ParamSet]]:
    """A wrong table for each rule, and some that are wrong in another way."""
    for rule, text, assume in GRAFTS:
        yield rule, table(text, "x86_64", Assumptions(claims=STRICT.claims, **assume))
    plain = table(RIGHT)
    yield "ALN006", replace(plain, machine=replace(plain.machine, kasan_alignment=constant(0x8000, 64)))
    yield from ((rule, plain) for rule in ("RNG004", "OVL001", "OVL004"))
    merged = grafted("DATA", "mapto_type", "MOD_ALLOC_TYPE_TEXT")
    yield "OVL003", table(merged, "x86_64", Assumptions(protect="by-loader"))
    yield "RNG006", table(grafted("DATA", "start[1]", "MODULES_VADDR + 0x1000"))
    yield (
        "MAP002",
        table(grafted("DATA", "mapto_type", "MOD_ALLOC_TYPE_INITTEXT").replace("TYPE_TEXT }", "TYPE_DATA }")),
    )
    yield "MAP002", table(grafted("DATA", "mapto_type", "8", RIGHT))
    yield "MAP007", table(grafted("RODATA_AFTER_INIT", "flags", "0"))
    yield "ROI004", table(grafted("RODATA_AFTER_INIT", "granularity", "PMD_SIZE"))
    yield "PRT004", table(grafted("RODATA_AFTER_INIT", "flags", "0"))
    yield "PRT003", table(RIGHT, "x86_64", Assumptions())
    yield "PRT004", table(RIGHT, "x86_64", Assumptions())
    yield "PRT005", table(RIGHT, "x86_64", Assumptions())
    yield from on_other_machines(plain)


def on_other_machines(plain: ParamSet) -> Iterator[tuple[str, ParamSet]]:
    """Wrong by what the machine is, or by what others than the loader allocate."""
    windows = tuple(replace(window, allows="rw-") for window in plain.machine.windows)
    yield "PRT007", replace(plain, machine=replace(plain.machine, windows=windows))
    near = replace(plain.machine.reach[0], veneer="a PLT", veneer_lowest=-(1 << 27), veneer_highest=(1 << 27) - 1)
    yield "RCH004", replace(plain, machine=replace(plain.machine, reach=(near,)))
    slots = replace(
        plain.type("TEXT"), name="KPROBES", index=7, mapto=7, protection=plain.machine.protections["PAGE_KERNEL_EXEC"]
    )
    others = replace(plain.dialect, types=(*plain.dialect.types, "KPROBES"), others=("KPROBES",))
    yield "PRT006", replace(plain, dialect=others, types=(*plain.types, slots))


def told(rule: Rule, params: ParamSet) -> Iterator[str]:
    for subject in rule.each(params):
        outcome = rule.of(params, subject)
        if isinstance(outcome, NotClaimed | NotApplicable | NotJudged):
            yield f"{subject.name}: {outcome.reason}"
            continue
        values = _breaking(params, subject, outcome, rule.id in ALWAYS_TRUE)
        if values is not None:
            yield from _lines(subject, outcome, values)


def _breaking(params: ParamSet, subject: Subject, outcome: Condition, always: bool) -> dict[str, int] | None:
    """For rules of reach a place and a target, if the condition fails; None if it does not."""
    if evaluate(outcome.formula, BOOT):
        return {} if always else None
    if not isinstance(outcome, ReachCondition) or "place" not in outcome.facts:
        return {}
    return next(x for x in _edges(params) if not all(evaluate(part.formula, {**BOOT, **x}) for part in outcome.parts))


def _edges(params: ParamSet) -> Iterator[dict[str, int]]:
    regions = [region for root in params.roots for fits, region in holdings(params, root) if evaluate(fits, BOOT)]
    regions += [params.machine.image] if params.machine.image else []
    ends = sorted({evaluate(end, BOOT) for r in regions for end in (r.first, r.last - 3, r.last)})
    for place, target in product(ends, ends):
        yield {"place": place, "target": target}


def _lines(subject: Subject, outcome: Condition, values: dict[str, int]) -> Iterator[str]:
    shown = {name: _shown(fact, {**BOOT, **values}) for name, fact in outcome.facts.items()}
    yield f"{subject.name} ({', '.join(subject.types)}; {subject.owner}: {outcome.blame or 'the whole of it'})"
    yield f"  {outcome.message.format(**shown, **_failing(outcome, values))}"
    if shown:
        yield "  " + ", ".join(f"{name} = {value} ({outcome.facts[name].unit})" for name, value in shown.items())


def _failing(outcome: Condition, values: dict[str, int]) -> dict[str, str]:
    """The parts that fail, and what follows of it."""
    if not isinstance(outcome, ReachCondition):
        return {}
    parts = [part for part in outcome.parts if not evaluate(part.formula, {**BOOT, **values})] or outcome.parts
    names, consequences = ({part.name: None for part in parts}, {part.consequence: None for part in parts})
    return {"broken": ", ".join(names), "consequence": "; ".join(consequences)}


def _shown(fact: Quantity, values: dict[str, int]) -> str:
    return hex(evaluate(fact.term, values))


def section(number: int) -> str:
    """What is told of one of the tables."""
    rule, params = TABLES[number]
    lines = [f"{rule}, {RULES[rule].severity.value}: {RULES[rule].title}", *told(RULES[rule], params)]
    return "\n".join(line.rstrip() for line in lines)


TABLES = list(tables())


@pytest.mark.parametrize("number", range(len(TABLES)))
def test_what_is_told_of_a_wrong_table(number: int) -> None:
    assert section(number) == GOLDEN.read_text(encoding="utf-8").rstrip("\n").split("\n\n")[number]


def test_every_rule_says_something() -> None:
    sections = GOLDEN.read_text(encoding="utf-8").split("\n\n")
    speaking = {part[:6] for part in sections if len(part.splitlines()) > 1}
    assert speaking == set(RULES)


if __name__ == "__main__":
    GOLDEN.write_text("\n\n".join(map(section, range(len(TABLES)))) + "\n", encoding="utf-8")
