"""The search for the shortest run that violates a rule: paths of growing length, sizes and boots left to the solver.

Breadth first: when a path of n operations can violate the rule, none of fewer can. Of all values that do, the least
sizes are taken, then the least boot, so that the same table always gives the same trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from modalloc_model.engine.deciding import least
from modalloc_model.engine.solvers import Budget, ask
from modalloc_model.params import Kind, ParamSet, Section, in_boot
from modalloc_model.smt.runs import Asked, Run, failed_load, finish_init, load, settled, start, unload
from modalloc_model.smt.smtlib import Query
from modalloc_model.smt.violations import VIOLATIONS, Suspect, violated
from modalloc_model.trace import Placement, Step, Trace
from modalloc_model.words import FALSE, Term, evaluate, variable, variables

LONGEST = 5  # operations
QUESTIONS = 150  # to the solver, in all
EFFORT = 10_000_000  # of the solver's resource units, for each of them
MODULES = 2  # at once: whatever two sections do to each other, two modules' do


@dataclass(frozen=True, slots=True)
class Found:
    """The run, and values for everything in it that was open."""

    run: Run
    model: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Search:
    """What came of it: a run, or how far it looked."""

    found: Found | None
    reason: str = ""


def search(rule: str, suspect: Suspect, budget: Budget, solver: str) -> Search:
    """The shortest run of the suspect's table that violates the rule."""
    if rule not in VIOLATIONS:
        return Search(None, "no table can violate it by a run")
    questions, frontier, budget = 0, [start(suspect.table)], replace(budget, resources=min(EFFORT, budget.resources))
    for length in range(1, LONGEST + 1):
        reached = []
        for run in _longer(rule, suspect, frontier):
            wrong = violated(rule, suspect, run)
            if wrong != FALSE:
                questions += 1
                found = _ask(rule, run, wrong, budget, solver)
                if found:
                    return Search(found)
            questions += 1
            if questions >= QUESTIONS:
                return Search(None, f"no run of fewer than {length} operations violates it; {QUESTIONS} paths tried")
            if length < LONGEST and _possible(run, budget, solver):
                reached.append(run)
        frontier = reached
    return Search(None, f"no run of up to {LONGEST} operations violates it")


def _possible(run: Run, budget: Budget, solver: str) -> bool:
    """Whether the run can be gone on from: no write of its last operation must fault."""
    if run.refused:
        return False
    going_on = {str(number): term for number, term in enumerate(settled(run).constraints)}
    return ask(Query(f"path of {len(run.asked)} operations", going_on), solver, budget).status != "unsat"


def _ask(rule: str, run: Run, wrong: Term, budget: Budget, solver: str) -> Found | None:
    query = Query(f"run: {rule} after {len(run.asked)} operations", {"run": wrong})
    answer = ask(query, solver, budget)
    if answer.status != "sat":
        return None
    return Found(run, least(query, answer, _in_order_of_interest(run), budget, solver))


def _in_order_of_interest(run: Run) -> dict[str, int]:
    """Sizes first, then the boot, then where a branch is and what it names; each with a value it cannot be below."""
    sizes = {a.size.name: 1 for a in run.asked if a.size is not None}
    boot = {u.name: u.step * u.low for u in run.table.machine.unknowns}
    return {**sizes, **boot, "probe": 0, "target": 0}


def _longer(rule: str, suspect: Suspect, frontier: list[Run]) -> Iterator[Run]:
    """Every run of one more operation."""
    sections = relevant(rule, suspect)
    for run in frontier:
        for longer in _next(rule, run, sections):
            if FALSE not in longer.constraints:
                yield longer


def _next(rule: str, run: Run, sections: tuple[Section, ...]) -> Iterator[Run]:
    if run.refused:
        return
    modules = tuple(dict.fromkeys(asked.module for asked in run.asked if asked.op == "load"))
    fresh_module = f"module{len(modules) + 1}"
    for section in sections if len(modules) < MODULES else ():
        yield from load(run, section, fresh_module)
        if rule == "PRT002":
            for other in [s for s in run.table.sections if s is not section][:1]:
                yield from failed_load(run, section, other, fresh_module)
        if rule == "RCH003" and modules and run.asked[-1].op == "load" and section.name != run.asked[-1].section:
            yield from load(run, section, modules[-1])
    over = {asked.module: asked.op for asked in run.asked}
    for module in modules:
        if over[module] == "load":
            yield finish_init(run, module)
        if over[module] != "unload":
            yield unload(run, module)


def relevant(rule: str, suspect: Suspect) -> tuple[Section, ...]:
    """The sections that can have a part in it: the subject's, those of its root, and (across roots) the others."""
    table: ParamSet = suspect.table
    across = rule in ("OVL002", "OVL003", "RCH002", "RCH003")
    everyone = [s for s in table.sections if across or table.section_root(s) is suspect.root]
    first = [s for s in everyone if s is suspect.section or (not suspect.section and s in everyone)]
    ordered = list(dict.fromkeys((*first, *everyone)))
    return tuple(_one_of_each(table, ordered))


def _one_of_each(table: ParamSet, sections: list[Section]) -> Iterator[Section]:
    seen = set()
    for section in sections:
        root = table.section_root(section)
        key = (root.name if root else "", section.kind, section.init)
        if key not in seen:
            seen.add(key)
            yield section


def trace_of(rule: str, subject: str, found: Found) -> Trace:
    """The run as a trace: one boot, every size and place a number."""
    table, model = found.run.table, found.model
    boot = {u.name: model.get(u.name, u.step * u.low) for u in table.machine.unknowns}
    params = in_boot(table, boot)
    values = {**dict.fromkeys(variables(*_terms(found.run)), 0), **boot, **model}
    steps = _grouped(found.run.asked, values)
    if rule.startswith("RCH"):
        steps = (*steps, _branch(rule, found, values))
    return Trace(table.id, rule, subject, boot, params, steps)


def _terms(run: Run) -> Iterator[Term]:
    for asked in run.asked:
        yield from (term for term in (asked.size, asked.place) if term is not None)


def _grouped(asked: tuple[Asked, ...], values: Mapping[str, int]) -> tuple[Step, ...]:
    """Loads of one module that follow each other are one load of several sections."""
    steps: list[Step] = []
    for one in asked:
        if one.op != "load":
            steps.append(Step(one.op, _letter(one.module)))
            continue
        placement = _placement(one, values)
        if steps and steps[-1].op == "load" and steps[-1].module == _letter(one.module):
            steps[-1] = Step("load", steps[-1].module, (*steps[-1].sections, placement))
        else:
            steps.append(Step("load", _letter(one.module), (placement,)))
    return tuple(steps)


def _placement(asked: Asked, values: Mapping[str, int]) -> Placement:
    assert asked.size is not None
    place = None if asked.place is None else evaluate(asked.place, values)
    return Placement(asked.section, evaluate(asked.size, values), place)


def _letter(module: str) -> str:
    """module1 is A."""
    return chr(ord("A") + int(module.removeprefix("module")) - 1)


def _branch(rule: str, found: Found, values: Mapping[str, int]) -> Step:
    what = {"RCH001": "kernel", "RCH002": "text", "RCH003": "data"}[rule]
    place, target = values["probe"], values["target"]
    bits = found.run.table.machine.bits
    rules = [r for r in found.run.table.machine.reach if what in r.targets]
    broken = next(r for r in rules if not r.names(place, target, bits))
    text = next(
        e
        for e in found.run.held
        if e.section.kind is Kind.TEXT and evaluate(e.span.holds(variable("probe", bits)), values)
    )
    return Step("branch", _letter(text.module), reach=broken.name, place=place, target=target)
