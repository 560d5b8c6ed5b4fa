"""The search for the shortest run that violates a rule: paths of growing length, with symbolic sizes and boot.

A run's length is its number of requests: the sections of its loads, and its other operations. Paths are searched in
order of length and, within a length, in a fixed order; the first that can violate the rule is taken, with the least
sizes and then the least boot. So the same table always gives the same trace. The budget is bounded for each query and
for the whole table, in the solver's resource units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from modalloc_model.designs import of, program_of
from modalloc_model.designs.design import Matter
from modalloc_model.engine.deciding import evident, least
from modalloc_model.engine.paths import AT_ONCE, PathNode, Paths, holds
from modalloc_model.engine.solvers import Answer, Budget
from modalloc_model.params import ParamSet, Section
from modalloc_model.smt.runs import Run
from modalloc_model.smt.smtlib import Query
from modalloc_model.trace import Trace
from modalloc_model.words import FALSE, Term, any_of, variables

LONGEST = 5  # requests
EFFORT = 5_000_000  # resource units, for each question to the solver
TOTAL = 40_000_000  # for a table
FORMULA = 15_000  # resource units charged for a path and a rule


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A symbolic run, and a model of its sizes and boot."""

    run: Run
    model: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Search:
    """The result of a search: a run, or the reason why there is none."""

    found: FoundRun | None
    reason: str = ""


def paths_of(table: ParamSet, budget: Budget, solver: str, total: int = TOTAL) -> Paths:
    """The paths that the searches of one table share; `total` is their budget in resource units."""
    return Paths(table, replace(budget, resources=min(EFFORT, budget.resources)), solver, total)


@dataclass
class Wanted:
    """One goal of a table's search: a rule and a suspect, the paths reached so far, and the run if it is found."""

    rule: str
    suspect: Matter
    sections: tuple[Section, ...]
    reached: list[list[PathNode]]  # by length
    found: FoundRun | None = None

    def longer(self, paths: Paths, length: int, together: bool) -> Iterator[PathNode]:
        """Every path of the length: by one more request, or by a load of two sections."""
        for shorter in self.reached[max(0, length - 2) : length]:
            for node in shorter:
                grown = paths.after(node, self.rule, self.sections, together)
                yield from (longer for longer in grown if longer.length == length)


@dataclass
class Chance:
    """A path that violates a wanted rule if `wrong` holds. `place` is its position in the order of paths."""

    wanted: Wanted
    place: int
    node: PathNode
    wrong: Term


def search(questions: Sequence[tuple[str, Matter]], paths: Paths) -> list[Search]:
    """For each rule and suspect of the one table, the shortest run that violates the rule."""
    wanted = [
        Wanted(rule, suspect, paths.program.relevant(rule, suspect), [[*paths.roots]]) for rule, suspect in questions
    ]
    unfinished = ""
    for length in range(1, LONGEST + 1):
        open_ = [one for one in wanted if not one.found]
        if not unfinished and open_:
            unfinished = _one_longer(open_, paths, length)
    return [Search(one.found, "" if one.found else unfinished or _NONE) for one in wanted]


_NONE = f"no run of up to {LONGEST} operations violates it"


def _one_longer(wanted: Sequence[Wanted], paths: Paths, length: int) -> str:
    """Search the paths of the length, those with single sections first. Returns a reason if it did not finish."""
    why = ""
    for one in wanted:
        one.reached.append([])
    for together in (False, True):
        why = why or _one_way(wanted, paths, length, together)
    every = list({id(node): node for one in wanted if not one.found for node in one.reached[-1]}.values())
    paths.possible(every if length < LONGEST and not why else [])
    for one in wanted:
        one.reached[-1] = [node for node in one.reached[-1] if node.possible]
    return why


def _one_way(wanted: Sequence[Wanted], paths: Paths, length: int, together: bool) -> str:
    """Search one path of every goal, then several of each open goal: few are built if the first succeeds."""
    why, some = "", 1
    growing = {id(one): one.longer(paths, length, together) for one in wanted if not one.found}
    while growing and not why:
        chances: list[Chance] = []
        for one in (one for one in wanted if id(one) in growing):
            nodes = list(islice(growing[id(one)], some)) if paths.left > 0 else []
            chances += _chances(one, nodes)
            one.reached[-1] += nodes
            paths.left -= FORMULA * len(nodes)
            if not nodes:
                del growing[id(one)]
        if paths.left <= 0:
            return f"no run of fewer than {length} operations violates it; the search's budget is spent"
        why, some = _decide(chances, paths, length), AT_ONCE
        growing = {key: nodes for key, nodes in growing.items() if key in {id(one) for one in wanted if not one.found}}
    return why


def _chances(one: Wanted, nodes: Sequence[PathNode]) -> Iterator[Chance]:
    for place, node in enumerate(nodes, len(one.reached[-1])):
        wrong = of(one.suspect.table).violated(one.rule, one.suspect, node.run)
        if wrong != FALSE:
            yield Chance(one, place, node, wrong)


def _decide(chances: list[Chance], paths: Paths, length: int) -> str:
    """Find each goal's first path with a model; one query asks about several paths."""
    why, first = "", dict[int, tuple[Chance, Answer]]()
    chances = sorted(_undecided(chances, paths), key=lambda chance: chance.place)  # every goal's first path comes first
    for start in range(0, len(chances), AT_ONCE):
        some = chances[start : start + AT_ONCE]
        while some := [one for one in some if _improves(one, first)]:
            answer = paths.ask(f"runs of {length} operations", any_of(*(one.wrong for one in some)))
            if answer.status != "sat":
                why = why if answer.status == "unsat" else f"undecided for runs of {length} operations: {answer.reason}"
                break
            for one in some:
                if _improves(one, first) and holds(one.wrong, answer.model):
                    first[id(one.wanted)] = (one, answer)
    for chance, answer in first.values():
        chance.wanted.found = _with_least(chance.wanted.rule, paths, chance.node, chance.wrong, answer)
    return why


def _undecided(chances: Iterable[Chance], paths: Paths) -> Iterator[Chance]:
    """The chances of the goals whose first path does not violate the rule in the least boot with the least sizes."""
    seen: set[int] = set()
    for chance in chances:
        if id(chance.wanted) not in seen:
            seen.add(id(chance.wanted))
            model = evident(chance.wrong, paths.program.interest(chance.node.run), paths.solver)
            chance.wanted.found = None if model is None else FoundRun(chance.node.run, model)
        if not chance.wanted.found:
            yield chance


def _improves(chance: Chance, first: Mapping[int, tuple[Chance, Answer]]) -> bool:
    known = first.get(id(chance.wanted))
    return known is None or chance.place < known[0].place


def _with_least(rule: str, paths: Paths, node: PathNode, wrong: Term, answer: Answer) -> FoundRun:
    query = Query(f"run: {rule} after {node.length} operations", {"run": wrong})
    named = variables(wrong)
    model = {name: value for name, value in answer.model.items() if name in named}
    best = least(query, replace(answer, model=model), paths.program.interest(node.run), paths.budget)
    return FoundRun(node.run, best)


def trace_of(rule: str, subject: str, found: FoundRun) -> Trace:
    """The run as a trace: one boot, with a number for every word."""
    return program_of(found.run.table).trace(rule, subject, found.run, found.model)
