"""Right tables with one field changed: which rule notices, and whether a change that none notices is really harmless.

For each change (`proofs/changes.py`) every rule's condition is decided for every boot. A change that no rule notices is
asked about twice: of the rules that *read* the field, found in the variables of their conditions on a table in which
everything is open; and of the executable allocator, which runs the changed table and must violate no rule that is
still proved. A field that no rule reads, without a reason in UNREAD, is a failure.

Run as `python -m proofs.mutated_tables`: writes proofs/FIELDS.md. One field is changed at a time. Runs of loads have no
branches; the theorems of RCH001 to RCH003 cover them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from modalloc_model.allocator import Event, Watcher
from modalloc_model.allocator import Random as RandomPolicy
from modalloc_model.allocator.events import Ended
from modalloc_model.concrete import Concrete, in_boot
from modalloc_model.designs.mail.loader import Loader, Phase, Request
from modalloc_model.engine.solvers import Budget, ask
from modalloc_model.params import ParamSet, Reach, Region
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, root_of
from modalloc_model.smt.smtlib import Query
from modalloc_model.theorems.symbolic import SECTIONS, any_table
from modalloc_model.words import FALSE, TRUE, Term, all_of, evaluate, truth, variable, variables
from proofs.changes import Change, changes
from proofs.right_tables import right_tables

Row = tuple[str, str]
"""A rule and its subject."""

BUDGET = Budget(resources=20_000_000)
PAGE = Path(__file__).with_name("FIELDS.md")

UNREAD: Mapping[str, str] = MappingProxyType({})
"""Fields that no rule reads, each with the reason."""


# -- which rule reads which field ------------------------------------------------------------------------------------

_FIELDS = {
    "R.granularity": "granularity", "R.alignment": "alignment", "R.promised": "alignment",
    "R.seals": "FLAG_SET_RO_AFTER_INIT",
    "R.shared_pmd": "FLAG_SHARED_PMD", "R.second": "FLAG_SECOND_ADDRESS_SPACE", "R.fill": "fill",
    "R.invalidate": "invalidate", "R.read": "pgprot", "R.write": "pgprot", "R.execute": "pgprot",
    "R.start0": "start[0]", "R.end0": "end[0]", "R.start1": "start[1] and end[1]", "R.end1": "start[1] and end[1]",
    "PAGE_SIZE": "page size", "PMD_SIZE": "large page size", "kasan": "KASAN's alignment", "window": "window",
    "forbidden": "forbidden regions", "registered": "registered regions", "image": "kernel image",
    "by-loader": "protect", "after-fill": "protect", "restored": "free-access", "shared arbiter": "arbiter",
    "exact search": "arbiter-search", "guard page": "guard",
}  # fmt: skip
"""Variable of the open table to field."""


@cache
def readers() -> Mapping[str, tuple[str, ...]]:
    """For each field, the rules that read it, in the order of the registry; fields without a reader are missing."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    table = _open_table()
    for rule in RULES.values():
        for subject in rule.each(table):
            outcome = rule.of(table, subject)
            for name in variables(outcome.formula) if isinstance(outcome, Condition) else ():
                if name in _FIELDS:
                    found[_FIELDS[name]][rule.id] = None
    for field, changed in _structural(table):
        found[field] |= {identifier: None for identifier, _ in _differing(table, changed)}
    both = {*found["start[0]"]} & {*found["end[0]"]}
    found["start[0] and end[0]"] = dict.fromkeys(both)
    return {field: tuple(rule for rule in RULES if rule in rules) for field, rules in found.items()}


def _open_table() -> ParamSet:
    """The theorems' table, on a machine whose other fields are symbolic too."""
    table = any_table(64, SECTIONS)

    def region(name: str) -> Region:
        return Region(name, variable(name, 64), variable(f"{name}.last", 64))

    machine = replace(
        table.machine, symbols={"MODULES_END": variable("MODULES_END", 64)}, inclusive_ends=False,
        windows=(region("window"),), forbidden=(region("forbidden"),),
        registered=(region("registered"),), image=region("image"), kasan_alignment=variable("kasan", 64),
        reach=(Reach("CALL", "relative", ("kernel", "text", "data"), -(1 << 31), (1 << 31) - 1),),
    )  # fmt: skip
    return replace(table, machine=machine)


def _structural(table: ParamSet) -> Iterator[tuple[str, ParamSet]]:
    """The table's constants replaced by variables: mapto, claims, distances of branches."""
    for target in (1, 2):
        yield "mapto_type", replace(table, types=(replace(table.types[0], mapto=target), *table.types[1:]))
    merged = replace(table.types[0], name="S", index=2, mapto=0, written=frozenset({"alignment"}))
    yield "mapto_type", replace(table, types=(*table.types, merged))
    yield "claims", replace(table, assumptions=replace(table.assumptions, claims=()))
    reach = replace(table.machine.reach[0], lowest=0)
    yield "reach", replace(table, machine=replace(table.machine, reach=(reach,)))


def _differing(table: ParamSet, changed: ParamSet) -> Iterator[Row]:
    before, after = outcomes(table), outcomes(changed)
    for row in {**before, **after}:
        if before.get(row) != after.get(row):
            yield row


# -- the rules of a table ---------------------------------------------------------------------------------------------


Conditions = Mapping[Row, Term | None]
"""Each row's condition; None if it is not applicable or not claimed."""


def outcomes(table: ParamSet) -> Conditions:
    """Each rule's condition for each subject; None if it is not applicable or not claimed."""
    found: dict[Row, Term | None] = {}
    for rule in RULES.values():
        for subject in rule.each(table):
            outcome = rule.of(table, subject)
            found[rule.id, subject.name] = outcome.formula if isinstance(outcome, Condition) else None
    return found


def failing(domain: Term, conditions: Conditions, known: Mapping[Term, bool] | None = None) -> set[Row]:
    """The rows whose condition fails in some boot of the domain, or is left open within the budget.

    `known` are conditions that were decided under the same domain, and whether they hold: not asked again.
    """
    decided = {TRUE: True, FALSE: False, **(known or {})}
    formulas = {row: formula for row, formula in conditions.items() if formula is not None}
    found = {row for row, formula in formulas.items() if not decided.get(formula, True)}
    pending = {row: formula for row, formula in formulas.items() if formula not in decided}
    while pending:
        together = truth(all_of(*pending.values()))
        query = Query.validity("conditions", {"boot": domain}, together)
        answer = ask(query, budget=BUDGET)
        if answer.status == "unsat":
            return found
        broken = {row for row, formula in pending.items() if not _true_in(formula, answer.model)} or set(pending)
        found |= broken
        pending = {row: formula for row, formula in pending.items() if row not in broken}
    return found


def _true_in(formula: Term, model: Mapping[str, int]) -> bool:
    return bool(evaluate(formula, {**dict.fromkeys(variables(formula), 0), **model}))


def proved_rows(table: ParamSet, conditions: Conditions, broken: set[Row]) -> set[Row]:
    """The rows that are proved: the rule's own condition holds, and those of the rules that it leans on."""
    found = set()
    for rule in RULES.values():
        for subject in rule.each(table):
            row = (rule.id, subject.name)
            leans = {(name, root_of(subject.parts).name) for name in rule.leans_on}
            if conditions.get(row) is not None and not ({row} | leans) & broken:
                found.add(row)
    return found


# -- the executable allocator ----------------------------------------------------------------------------------------


def violations(table: ParamSet, seeds: Iterable[int] = (0, 1), steps: int = 40) -> dict[Row, str]:
    """The violations by runs of the executable allocator on the table in its first boot."""
    boot = table.machine.floors
    found: dict[Row, str] = {}
    for seed in seeds:
        for row, message in _run(in_boot(table, boot), seed, steps):
            found.setdefault(row, message)
    return found


def _run(params: Concrete, seed: int, steps: int) -> Iterator[tuple[Row, str]]:
    generator, events, told = random.Random(seed), list[Event](), 0
    loader = Loader(params, RandomPolicy(random.Random(seed)), events)
    watcher = Watcher(params)
    for _ in range(steps):
        if loader.ended:
            return
        with suppress(Ended):  # the events say so, and the run ends
            _step(loader, generator)
        for violation in watcher.step(events[told:], loader.allocator.tiles()):
            yield (violation.rule, violation.subject), violation.message
        told = len(events)


def _step(loader: Loader, generator: random.Random) -> None:
    module = generator.choice("abc")
    phase, params = loader.phase(module), loader.allocator.params
    if phase is Phase.GONE:
        sizes = (1, 64, params.page, params.page + 1, 5 * params.page)
        loader.load(module, [Request(s.name, generator.choice(sizes)) for s in generator.sample(params.sections, 4)])
    elif phase is Phase.INIT and generator.choice((True, True, False)):
        loader.finish_init(module)
    else:
        loader.unload(module)


# -- all together ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Noticed:
    """The result for one change: the rules that noticed it, and violations of rules that are still proved."""

    change: Change
    rules: tuple[str, ...]
    missed: Mapping[Row, str]


def examine(table: ParamSet) -> Iterator[Noticed]:
    """Every change of a right table."""
    before, domain = outcomes(table), table.machine.domain
    broken_before = failing(domain, before)
    known = {formula: row not in broken_before for row, formula in before.items() if formula is not None}
    for change in changes(table):
        after = outcomes(change.table)
        broken = failing(domain, after, known)
        rows = {row for row in {**before, **after} if _text(row, before, broken_before) != _text(row, after, broken)}
        still = proved_rows(change.table, after, broken)
        missed = {row: text for row, text in violations(change.table).items() if row in still}
        yield Noticed(change, tuple(rule for rule in RULES if rule in {row[0] for row in rows}), missed)


def _text(row: Row, formulas: Conditions, broken: set[Row]) -> str:
    if formulas.get(row) is None:
        return "nothing"
    return "fails" if row in broken else "holds"


def undetected(found: Iterable[Noticed]) -> set[str]:
    """The changed fields that no rule reads, without a reason."""
    return {one.change.field for one in found} - set(readers()) - set(UNREAD)


# -- the page --------------------------------------------------------------------------------------------------------

HEAD = """\
# What each field does to the verdict

Generated (`python -m proofs.mutated_tables`). Every right table there is ({tables}), changed in one field at a time:
{count} changes. *Noticed by* names the rules that said something else of the changed table than of the right one, in
some table or other; *unnoticed* counts the changes about which no rule said anything else. Of each of these every rule
that reads the field was asked, with the new value, and says what it said of the right table; and the executable
allocator ran the changed table, as it did every other, and violated no rule that is still proved.
"""


def page(found: Iterable[tuple[str, Noticed]]) -> str:
    """The page, from the results for each table."""
    every = list(found)
    tables = list(dict.fromkeys(name for name, _ in every))
    by_field: defaultdict[str, defaultdict[str, list[Noticed]]] = defaultdict(lambda: defaultdict(list))
    for _, noticed in every:
        by_field[noticed.change.field][noticed.change.kind].append(noticed)
    lines = [HEAD.format(tables=", ".join(tables), count=len(every))]
    for field, kinds in by_field.items():
        asked = ", ".join(readers().get(field, ())) or f"no rule: {UNREAD.get(field, 'and there is no reason why not')}"
        lines += [f"## {field}", "", f"Read by {asked}.", "", "| change | noticed by | unnoticed |", "|---|---|---|"]
        lines += [_line(kind, outcomes) for kind, outcomes in kinds.items()] + [""]
    return "\n".join(lines)


def _line(kind: str, found: list[Noticed]) -> str:
    rules = [rule for rule in RULES if any(rule in one.rules for one in found)]
    silent = sum(not one.rules for one in found)
    return f"| {kind} | {', '.join(rules) or 'none'} | {f'{silent} of {len(found)}' if silent else ''} |"


def main() -> None:
    """Write the page; RuntimeError if a rule missed a change, or no rule reads a field."""
    found = [(name, noticed) for name, table in right_tables().items() for noticed in examine(table)]
    PAGE.write_text(page(found), encoding="utf-8")
    missed = [(name, one.change, dict(one.missed)) for name, one in found if one.missed]
    if missed or undetected(one for _, one in found):
        raise RuntimeError(f"missed: {missed[:3]}; read by no rule: {sorted(undetected(one for _, one in found))}")


if __name__ == "__main__":
    main()
