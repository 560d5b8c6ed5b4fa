"""How runs of the mail's allocator grow, and how one is told: loads, the end of init, unloads, and what others take.

The search (engine/search.py) asks for the paths of one more operation that can matter to a rule, in a fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import permutations

from modalloc_model.concrete import in_boot
from modalloc_model.designs.design import Growth, Matter
from modalloc_model.designs.mail.operations import block_alignment
from modalloc_model.designs.mail.reach import in_question, is_of, stands_in
from modalloc_model.designs.mail.runs import (
    Asked,
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
from modalloc_model.designs.mail.violations import out_of_reach
from modalloc_model.params import AllocType, Kind, ParamSet, Range, Reach, Section
from modalloc_model.properties import Behaviour, behaviour_of
from modalloc_model.smt.spans import Span, pages_of
from modalloc_model.trace import Placement, Step, Trace
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
    variable,
    variables,
)

MODULES = 2  # at once: whatever two sections do to each other, two modules' do
MOST_TAKEN = 4  # areas of others: on either side of a hole, in the other range, and beyond a registered region
BRANCH = "branch"  # an operation that is none of the loader's: what an instruction names


class Program:
    """The runs of one table."""

    def __init__(self, table: ParamSet) -> None:
        self.table = table

    def starts(self) -> Iterator[Run]:
        """Nothing is loaded."""
        return starts(self.table)

    def goes_on(self, run: Run) -> Run:
        """The run, where it goes on: nothing faults, and no blocks meet."""
        return settled(run)

    def ends(self, run: Run) -> bool:
        """A refusal is looked at, and not gone on from."""
        return run.refused is not None

    def relevant(self, rule: str, matter: Matter) -> tuple[Section, ...]:
        """The sections that can have a part in it."""
        return relevant(rule, matter)

    def interest(self, run: Run) -> dict[str, int]:
        """Sizes first, then the boot, what others take, places, where a branch is and what it names."""
        sizes = {a.size.name: 1 for a in run.asked if a.size is not None}
        boot = run.table.machine.floors
        bounds = {word.name: 0 for a in run.asked if a.area is not None for word in (a.area.lo, a.area.last)}
        places = {a.place.name: 0 for a in run.asked if a.place is not None and a.place.op == "var"}
        return {**sizes, **boot, **bounds, **places, "probe": 0, "target": 0}

    def trace(self, rule: str, subject: str, run: Run, model: Mapping[str, int]) -> Trace:
        """The run as a trace: one boot, every size and place a number."""
        return trace_of(rule, subject, run, model)

    def longer(self, run: Run, rule: str, sections: Sequence[Section], together: bool) -> Iterator[Growth]:
        """The runs of one more operation that can matter to the rule, by operation.

        Loads of two sections `together`, or else all others.
        """
        if run.refused:
            return
        behaviour = behaviour_of(rule)
        names = tuple(dict.fromkeys(asked.module for asked in run.asked if asked.op == "load"))
        module = f"module{len(names) + 1}"
        if together:
            yield from self._loads_of_two(run, behaviour, sections, module) if len(names) < MODULES else ()
            return
        if of_others(behaviour, self.table, sections):
            yield from self._beside_others(run, sections[0]) if not names else ()
            return
        for section in sections if len(names) < MODULES else ():
            key = ("load anywhere" if behaviour.any_place else "load", section.name, module)
            yield key, load(run, section, module, behaviour.any_place)
        for module in names:
            yield from self._moves_on(run, module)

    def _beside_others(self, run: Run, section: Section) -> Iterator[Growth]:
        """The one load that the run is about, or one more area that others take before it."""
        module, root = "module1", self.table.section_root(section)
        yield ("load", section.name, module), load(run, section, module)
        if root is not None and len(run.others) < MOST_TAKEN:
            for number, where in enumerate((self._in_range, self._below_range)):
                yield ("take", root.name, str(number)), iter([self._take(run, root, where)])

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

    def _loads_of_two(self, run: Run, rule: Behaviour, sections: Sequence[Section], module: str) -> Iterator[Growth]:
        """Where a load of two sections is no longer than two loads, and shows more than they do."""
        for one, two in permutations(sections, 2):
            if self._company_matters(rule, one, two):
                key = ("load", one.name, two.name, module)
                yield key, load_both(run, (one, two), module)
        for section in sections:
            if rule.by_free or self._fill_may_fault(section) or self._free_may_fault(section):
                for other in self._others(rule, section, sections):
                    key = ("failed load", section.name, other.name, module)
                    yield key, failed_load(run, section, other, module)

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

    def _moves_on(self, run: Run, module: str) -> Iterator[Growth]:
        held = [extent for extent in run.held if extent.module == module]
        over = {asked.module: asked.op for asked in run.asked}[module]
        if over == "load" and any(self._matters(extent.section) for extent in held):
            yield ("finish_init", module), (finish_init(run, module) for _ in range(1))
        if held:
            yield ("unload", module), (unload(run, module) for _ in range(1))

    def _matters(self, section: Section) -> bool:
        """Being live is no different from phase init for the others, and losing an INIT section is an unload."""
        return section.kind is Kind.RODATA_AFTER_INIT or self.table.seals_section(section) != FALSE


def of_others(rule: Behaviour, table: ParamSet, sections: Sequence[Section]) -> bool:
    """What others take shows a violation as soon as anything does: the search passes over holes, by their length."""
    root = table.section_root(sections[0]) if sections else None
    if not rule.hole_lengths or root is None:
        return False
    always = ule(block_alignment(root), table.machine.page)
    return truth(any_of(table.assumptions.exact_search, always)) != TRUE


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


def trace_of(rule: str, subject: str, run: Run, model: Mapping[str, int]) -> Trace:
    """The run as a trace: one boot, every size and place a number."""
    table = run.table
    boot = {name: model.get(name, floor) for name, floor in table.machine.floors.items()}
    params = in_boot(table, boot)
    values = {**dict.fromkeys(variables(*_terms(run)), 0), **boot, **model}
    steps = _steps(run.asked, values)
    if behaviour_of(rule).last == BRANCH:
        steps = (*steps, _branch(rule, subject, run, values))
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


def _branch(rule: str, subject: str, run: Run, values: Mapping[str, int]) -> Step:
    probe = variable("probe", run.table.machine.bits)
    holder, reach = next(
        (extent, reach)
        for extent, reach, broken in out_of_reach(rule, run, probe)
        if extent.root.name == subject and evaluate(truth(broken), values)
    )
    module = _letter(holder.module)
    return Step(BRANCH, module, reach=reach.name, place=values["probe"], target=values["target"])
