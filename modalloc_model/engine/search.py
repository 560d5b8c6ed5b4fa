"""The search for the shortest run that violates a rule: paths of growing length, sizes and boots left to the solver.

A run's length is the number of requests in it: the sections that its loads ask for, and its other operations. All
paths of one length are asked about before any longer one, so that when a path can violate the rule, none that is
shorter can; of one length, the first in a fixed order is taken. Of all values that do, the least sizes are, and then
the least boot. So the same table always gives the same trace.

What may be spent is bounded for each question and for the whole table, in the solver's resource units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from modalloc_model.concrete import in_boot
from modalloc_model.designs import of
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.reach import in_question, is_of, stands_in
from modalloc_model.designs.mail.runs import Asked, Run
from modalloc_model.designs.mail.violations import out_of_reach
from modalloc_model.engine.deciding import evident, least
from modalloc_model.engine.paths import AT_ONCE, Node, Paths, holds, of_others
from modalloc_model.engine.solvers import Answer, Budget
from modalloc_model.params import ParamSet, Reach, Section
from modalloc_model.properties import behaviour_of
from modalloc_model.smt.smtlib import Query
from modalloc_model.trace import Placement, Step, Trace
from modalloc_model.words import FALSE, TRUE, Term, any_of, eq, evaluate, truth, variable, variables

LONGEST = 5  # requests
EFFORT = 5_000_000  # resource units, for each question to the solver
TOTAL = 40_000_000  # for a table
FORMULA = 15_000  # that asking a path for one rule counts for
BRANCH = "branch"  # an operation that is none of the loader's: what an instruction names
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


def paths_of(table: ParamSet, budget: Budget, solver: str, total: int = TOTAL) -> Paths:
    """What the searches of one table share; `total` is what they may spend, in resource units."""
    return Paths(table, replace(budget, resources=min(EFFORT, budget.resources)), solver, total)


@dataclass
class Wanted:
    """A question of a table's search: a rule and a suspect, how far it has come, and what came of it."""

    rule: str
    suspect: Matter
    sections: tuple[Section, ...]
    reached: list[list[Node]]  # by length
    found: Found | None = None

    def longer(self, paths: Paths, length: int, together: bool) -> Iterator[Node]:
        """Every path of the length: by an operation of one request, or by a load of two sections together."""
        for shorter in self.reached[max(0, length - 2) : length]:
            for node in shorter:
                grown = paths.after(node, behaviour_of(self.rule), self.sections, MODULES, together)
                yield from (longer for longer in grown if longer.length == length)


@dataclass
class Chance:
    """A path that may violate a wanted rule: the formula says when. `place` is its place in the order of paths."""

    wanted: Wanted
    place: int
    node: Node
    wrong: Term


def search(questions: Sequence[tuple[str, Matter]], paths: Paths) -> list[Search]:
    """For each rule and suspect of the one table, the shortest run that violates the rule."""
    wanted = [Wanted(rule, suspect, relevant(rule, suspect), [[*paths.roots]]) for rule, suspect in questions]
    unfinished = ""
    for length in range(1, LONGEST + 1):
        open_ = [one for one in wanted if not one.found]
        if not unfinished and open_:
            unfinished = _one_longer(open_, paths, length)
    return [Search(one.found, "" if one.found else unfinished or _NONE) for one in wanted]


_NONE = f"no run of up to {LONGEST} operations violates it"


def _one_longer(wanted: Sequence[Wanted], paths: Paths, length: int) -> str:
    """Look at every path of the length, first those that load one by one; says why where it could not."""
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
    """One path of every question, then some more of those that are still open: few are built if the first will do."""
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


def _chances(one: Wanted, nodes: Sequence[Node]) -> Iterator[Chance]:
    for place, node in enumerate(nodes, len(one.reached[-1])):
        wrong = of(one.suspect.table).violated(one.rule, one.suspect, node.run)
        if wrong != FALSE:
            yield Chance(one, place, node, wrong)


def _decide(chances: list[Chance], paths: Paths, length: int) -> str:
    """For each question the first path with a chance that a model bears out; many are asked about at once."""
    why, first = "", dict[int, tuple[Chance, Answer]]()
    chances = sorted(_undecided(chances, paths), key=lambda chance: chance.place)  # first every question's first path
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
    """The chances of the questions whose first path is not taken in the least boot with the least sizes."""
    seen: set[int] = set()
    for chance in chances:
        if id(chance.wanted) not in seen:
            seen.add(id(chance.wanted))
            model = evident(chance.wrong, _in_order_of_interest(chance.node.run), paths.solver)
            chance.wanted.found = None if model is None else Found(chance.node.run, model)
        if not chance.wanted.found:
            yield chance


def _improves(chance: Chance, first: Mapping[int, tuple[Chance, Answer]]) -> bool:
    known = first.get(id(chance.wanted))
    return known is None or chance.place < known[0].place


def _with_least(rule: str, paths: Paths, node: Node, wrong: Term, answer: Answer) -> Found:
    query = Query(f"run: {rule} after {node.length} operations", {"run": wrong})
    named = variables(wrong)
    model = {name: value for name, value in answer.model.items() if name in named}
    best = least(query, replace(answer, model=model), _in_order_of_interest(node.run), paths.budget)
    return Found(node.run, best)


def _in_order_of_interest(run: Run) -> dict[str, int]:
    """Sizes first, then the boot, what others take, places, where a branch is and what it names; each with a least."""
    sizes = {a.size.name: 1 for a in run.asked if a.size is not None}
    boot = run.table.machine.floors
    bounds = {word.name: 0 for a in run.asked if a.area is not None for word in (a.area.lo, a.area.last)}
    places = {a.place.name: 0 for a in run.asked if a.place is not None and a.place.op == "var"}
    return {**sizes, **boot, **bounds, **places, "probe": 0, "target": 0}


def relevant(rule: str, suspect: Matter) -> tuple[Section, ...]:
    """The sections that can have a part in it: the subject's, those of its root, and (across roots) the others."""
    table: ParamSet = suspect.table
    behaviour = behaviour_of(rule)
    if behaviour.last == BRANCH:
        return _of_each_role(rule, suspect)
    own = table.sections_of(suspect.root)
    if of_others(behaviour, table, own):
        return own[:1]
    across = behaviour.across_roots or table.assumptions.shared == FALSE or _meet(table)
    everyone = [s for s in table.sections if across or table.section_root(s) is suspect.root]
    first = [s for s in everyone if s is suspect.section or (not suspect.section and s in everyone)]
    ordered = list(dict.fromkeys((*first, *everyone)))
    return tuple(_one_of_each(table, ordered))


def _of_each_role(rule: str, suspect: Matter) -> tuple[Section, ...]:
    """Of the sections that name what the rule looks at, or are named, one of each sort; one that lasts, if there is."""
    found: dict[tuple[object, ...], Section] = {}
    for section in sorted(suspect.table.sections, key=lambda s: s.init):
        role = tuple(_role(suspect, section, *pair) for pair in in_question(rule, suspect.table))
        if any(map(any, role)):
            found.setdefault((suspect.table.type(section.type).mapto, role), section)
    return tuple(s for s in suspect.table.sections if s in found.values())


def _role(suspect: Matter, section: Section, reach: Reach, what: str) -> tuple[bool, bool]:
    """Whether it names something by that rule, and whether it is what is named."""
    own = suspect.table.section_root(section) is suspect.root
    return own and stands_in(reach, section), is_of(section, what)


def _meet(table: ParamSet) -> bool:
    """Blocks of different roots may have a page in common."""
    return any(truth(eq(root.granularity % table.machine.page, 0)) != TRUE for root in table.roots)


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
    boot = {name: model.get(name, floor) for name, floor in table.machine.floors.items()}
    params = in_boot(table, boot)
    values = {**dict.fromkeys(variables(*_terms(found.run)), 0), **boot, **model}
    steps = _steps(found.run.asked, values)
    if behaviour_of(rule).last == BRANCH:
        steps = (*steps, _branch(rule, subject, found, values))
    return Trace(table.id, rule, subject, boot, params, steps)


def _terms(run: Run) -> Iterator[Term]:
    for asked in run.asked:
        yield from (term for term in (asked.size, asked.place) if term is not None)
        yield from (asked.area.lo, asked.area.last) if asked.area is not None else ()


def _steps(asked: tuple[Asked, ...], values: Mapping[str, int]) -> tuple[Step, ...]:
    """Loads of one module that follow each other are one load of several sections."""
    steps: list[Step] = []
    for one in asked:
        if one.op != "load":
            steps.append(_step(one, values))
            continue
        placement = _placement(one, values)
        if steps and steps[-1].op == "load" and steps[-1].module == _letter(one.module):
            steps[-1] = Step("load", steps[-1].module, (*steps[-1].sections, placement))
        else:
            steps.append(Step("load", _letter(one.module), (placement,)))
    return tuple(steps)


def _step(one: Asked, values: Mapping[str, int]) -> Step:
    if one.area is None:
        return Step(one.op, _letter(one.module))
    return Step(one.op, first=evaluate(one.area.lo, values), last=evaluate(one.area.last, values), root=one.root)


def _placement(asked: Asked, values: Mapping[str, int]) -> Placement:
    assert asked.size is not None
    place = None if asked.place is None else evaluate(asked.place, values)
    return Placement(asked.section, evaluate(asked.size, values), place)


def _letter(module: str) -> str:
    """module1 is A."""
    return chr(ord("A") + int(module.removeprefix("module")) - 1)


def _branch(rule: str, subject: str, found: Found, values: Mapping[str, int]) -> Step:
    probe = variable("probe", found.run.table.machine.bits)
    holder, reach = next(
        (extent, reach)
        for extent, reach, broken in out_of_reach(rule, found.run, probe)
        if extent.root.name == subject and evaluate(truth(broken), values)
    )
    module = _letter(holder.module)
    return Step(BRANCH, module, reach=reach.name, place=values["probe"], target=values["target"])
