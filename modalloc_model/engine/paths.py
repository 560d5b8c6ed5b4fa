"""The paths of a table's runs, built once for all the questions that are asked of it.

A path is which operations come and where each allocation goes; sizes, and the boot, stay open. Paths grow by one
operation, and only those that can be taken in some boot with some sizes are gone on from. Many are asked about at
once: a model of the disjunction shows some of them, and is asked again for the rest.

Leaves out: what a path is searched for (engine/search.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations

from modalloc_model.designs.mail.operations import block_alignment
from modalloc_model.designs.mail.runs import (
    Run,
    failed_load,
    finish_init,
    load,
    load_both,
    settled,
    starts,
    take,
    unload,
)
from modalloc_model.engine.solvers import Answer, Budget, settle
from modalloc_model.params import AllocType, Kind, ParamSet, Range, Section
from modalloc_model.properties import Behaviour
from modalloc_model.smt.smtlib import Query
from modalloc_model.smt.spans import Span, pages_of
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    all_of,
    any_of,
    eq,
    evaluate,
    is_aligned,
    truth,
    ule,
    ult,
    variables,
)

AT_ONCE = 8  # paths in one question
MOST_TAKEN = 4  # areas of others: on either side of a hole, in the other range, and beyond a registered region
PATH = 50_000  # resource units that building a path counts for


@dataclass(eq=False)
class Node:
    """A path, and the paths of one more operation, by operation. `possible` is None until it is asked."""

    run: Run
    longer: dict[tuple[str, ...], tuple[Node, ...]] = field(default_factory=dict)
    possible: bool | None = None

    @property
    def length(self) -> int:
        """Requests: sections asked for, and other operations."""
        return len(self.run.asked)


@dataclass
class Paths:
    """Every path of a table that was looked at. `left` is what may still be spent, in resource units."""

    table: ParamSet
    budget: Budget
    solver: str
    left: int
    roots: list[Node] = field(init=False)
    _models: list[Mapping[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.roots = [Node(run, possible=True) for run in starts(self.table)]
        self._models = [self.table.machine.floors]  # in the least boot, with sections of one byte, most are

    def after(
        self, node: Node, rule: Behaviour, sections: Sequence[Section], modules: int, together: bool
    ) -> Iterator[Node]:
        """The paths of one more operation that can matter to the rule, in a fixed order.

        Loads of two sections `together`, or else all others.
        """
        run = node.run
        if run.refused:
            return
        names = tuple(dict.fromkeys(asked.module for asked in run.asked if asked.op == "load"))
        module = f"module{len(names) + 1}"
        if together:
            yield from self._loads_of_two(node, rule, sections, module) if len(names) < modules else ()
            return
        if of_others(rule, self.table, sections):
            yield from self._beside_others(node, sections[0]) if not names else ()
            return
        for section in sections if len(names) < modules else ():
            key = ("load anywhere" if rule.any_place else "load", section.name, module)
            yield from self._extensions(node, key, load(run, section, module, rule.any_place))
        for module in names:
            yield from self._moves_on(node, module)

    def _beside_others(self, node: Node, section: Section) -> Iterator[Node]:
        """The one load that the run is about, or one more area that others take before it."""
        module, root = "module1", self.table.section_root(section)
        yield from self._extensions(node, ("load", section.name, module), load(node.run, section, module))
        if root is not None and len(node.run.others) < MOST_TAKEN:
            for number, where in enumerate((self._in_range, self._below_range)):
                yield from self._extensions(
                    node, ("take", root.name, str(number)), iter([self._take(node.run, root, where)])
                )

    def _take(self, run: Run, root: AllocType, where: Callable[[Span, Range], Truth]) -> Run:
        """Whole pages, lower ones first."""
        grown = take(run, None if self.table.assumptions.shared == TRUE else root)
        area, page = grown.others[-1].span, self.table.machine.page
        some = any_of(
            *(all_of(root.usable(number), where(area, chosen)) for number, chosen in enumerate(root.ranges))
        )  # fmt: skip
        pages = (is_aligned(area.lo, page), is_aligned(area.last + 1, page))
        return grown.having(some, *pages, *(ult(lower.span.last, area.lo) for lower in run.others))

    def _in_range(self, area: Span, chosen: Range) -> Truth:
        """It begins in the range, or where that ends."""
        return all_of(ule(chosen.first, area.lo), ule(area.lo - 1, chosen.last))

    def _below_range(self, area: Span, chosen: Range) -> Truth:
        """It is the page before the range: no more of what lies there makes a hole in the range shorter."""
        before = chosen.first - 1
        return area.same(pages_of(Span(before, before), self.table.machine.page))

    def _loads_of_two(self, node: Node, rule: Behaviour, sections: Sequence[Section], module: str) -> Iterator[Node]:
        """Where a load of two sections is no longer than two loads, and shows more than they do."""
        for one, two in permutations(sections, 2):
            if self._company_matters(rule, one, two):
                key = ("load", one.name, two.name, module)
                yield from self._extensions(node, key, load_both(node.run, (one, two), module))
        for section in sections:
            if rule.by_free or self._fill_may_fault(section) or self._free_may_fault(section):
                for other in self._others(rule, section, sections):
                    key = ("failed load", section.name, other.name, module)
                    yield from self._extensions(node, key, failed_load(node.run, section, other, module))

    def _company_matters(self, rule: Behaviour, one: Section, two: Section) -> bool:
        if rule.within_module:
            return True
        return self._fill_may_fault(one) or (self.crowded and not rule.when_placed)

    def _others(self, rule: Behaviour, section: Section, sections: Sequence[Section]) -> list[Section]:
        """Any other section can be too large; whose it is matters where the refusal itself is looked at."""
        if rule.by_refusal:
            return [other for other in sections if other is not section]
        return [other for other in self.table.sections if other is not section][:1]

    def _fill_may_fault(self, section: Section) -> bool:
        """Then what is freed, or has company, before it is filled shows what nothing else can."""
        root = self.table.section_root(section)
        return root is not None and TRUE not in (root.fill, root.protection.write, self.table.assumptions.after_fill)

    def _free_may_fault(self, section: Section) -> bool:
        """Then a module with its final protections is never freed, and one that is rolled back is."""
        root = self.table.section_root(section)
        as_is = TRUE not in (self.table.assumptions.restored, self.table.final_protection(section).write)
        return root is not None and as_is and root.invalidate != TRUE and self.table.assumptions.by_loader != FALSE

    @cached_property
    def crowded(self) -> bool:
        """A page may hold bytes of two extents."""
        page = self.table.machine.page
        whole = [
            all_of(eq(root.granularity % page, 0), eq(root.alignment % page, 0), ule(page, root.alignment))
            for root in self.table.roots
        ]
        return truth(all_of(self.table.assumptions.shared, *whole)) != TRUE

    def _moves_on(self, node: Node, module: str) -> Iterator[Node]:
        held = [extent for extent in node.run.held if extent.module == module]
        over = {asked.module: asked.op for asked in node.run.asked}[module]
        if over == "load" and any(self._matters(extent.section) for extent in held):
            yield from self._extensions(node, ("finish_init", module), iter([finish_init(node.run, module)]))
        if held:
            yield from self._extensions(node, ("unload", module), iter([unload(node.run, module)]))

    def _matters(self, section: Section) -> bool:
        """Being live is no different from phase init for the others, and losing an INIT section is an unload."""
        return section.kind is Kind.RODATA_AFTER_INIT or self.table.seals_section(section) != FALSE

    def _extensions(self, node: Node, key: tuple[str, ...], runs: Iterator[Run]) -> Iterator[Node]:
        if key not in node.longer:
            found = [run for run in runs if FALSE not in run.constraints]
            node.longer[key] = tuple(Node(run) for run in found)
            self.left -= PATH * len(found)
        yield from node.longer[key]

    # -- asking ------------------------------------------------------------------------------------------------------

    def possible(self, nodes: Sequence[Node]) -> list[Node]:
        """Those that can be gone on from: no write of their last operation must fault."""
        waiting = [node for node in nodes if node.possible is None]
        formulas = {id(node): truth(all_of(*settled(node.run).constraints)) for node in waiting}
        for node in waiting:
            node.possible = False if node.run.refused or formulas[id(node)] == FALSE else None
        waiting = self._without_model([node for node in waiting if node.possible is None], formulas)
        while waiting:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            waiting = [*self._ask_about(some, formulas), *waiting]
        return [node for node in nodes if node.possible]

    def _without_model(self, nodes: list[Node], formulas: Mapping[int, Term]) -> list[Node]:
        """Those that no model so far shows to be possible."""
        for node in nodes:
            node.possible = (
                any(holds(formulas[id(node)], model) for model in (self._models[0], *self._models[-2:])) or None
            )
        return [node for node in nodes if node.possible is None]

    def _ask_about(self, some: list[Node], formulas: Mapping[int, Term]) -> list[Node]:
        """One question about some paths; those that are still open."""
        length = some[0].length
        answer = self.ask(f"paths of {length} operations", any_of(*(formulas[id(node)] for node in some)))
        if answer.status != "sat":
            for node in some:  # what a solver cannot say is gone on from
                node.possible = answer.status == "unknown"
            return []
        self._models.append(answer.model)
        for node in some:
            node.possible = holds(formulas[id(node)], answer.model) or None
        assert any(node.possible for node in some), "a model of the disjunction is one of a disjunct"
        return [node for node in some if node.possible is None]

    def ask(self, name: str, formula: Term | bool) -> Answer:
        """The solver's answer, paid for; `unknown` where nothing is left to pay with."""
        if self.left <= 0:
            return Answer("unknown", reason="the search's budget is spent")
        resources = min(self.budget.resources, self.left)
        answer = settle(Query(name, {"run": truth(formula)}), self.solver, replace(self.budget, resources=resources))
        self.left -= answer.resources
        return answer


def of_others(rule: Behaviour, table: ParamSet, sections: Sequence[Section]) -> bool:
    """What others take shows a violation as soon as anything does: the search passes over holes, by their length."""
    root = table.section_root(sections[0]) if sections else None
    if not rule.hole_lengths or root is None:
        return False
    always = ule(block_alignment(root), table.machine.page)
    return truth(any_of(table.assumptions.exact_search, always)) != TRUE


def holds(formula: Term, model: Mapping[str, int]) -> bool:
    """Whether the model satisfies the formula; words it does not speak of are 1."""
    return bool(evaluate(formula, {**dict.fromkeys(variables(formula), 1), **model}))
