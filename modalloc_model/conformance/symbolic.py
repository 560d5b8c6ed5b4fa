"""Runs the symbolic runs of mail/runs.py beside a run of the executable allocator.

For a sequence of operations with fixed sizes, the symbolic run has successors at each step. Those whose constraints
hold must place the request at the open places; the one with the executable run's place is followed. Both must then have
the same extents, free space and pages, the same fault, and the same violations for the same subjects
(designs/mail/violations.py against allocator/oracles/). Sections are loaded one at a time, and blocks are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

from modalloc_model.allocator import Event, Policy, Watcher
from modalloc_model.allocator.events import Ended
from modalloc_model.allocator.observation import Observation
from modalloc_model.concrete import Concrete, in_boot
from modalloc_model.conformance.adapter import as_terms
from modalloc_model.conformance.reference import Open, open_places
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.loader import Loader, Request
from modalloc_model.designs.mail.run_pages import page_at
from modalloc_model.designs.mail.runs import Run, failed_load, finish_init, load, settled, start, unload
from modalloc_model.designs.mail.violations import VIOLATIONS, violated
from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Subject, root_of, section_of
from modalloc_model.words import Term, constant, evaluate, is_constant, truth

OF_REACH = ("RCH001", "RCH002", "RCH003")
"""These need a branch, and are compared in test_reach.py."""


@dataclass(frozen=True)
class Asked:
    """An operation: load, failed load (of two sections, the second with no room), finish_init, unload."""

    op: str
    module: str
    section: str = ""
    size: int = 0
    second: str = ""
    second_size: int = 0


class Incomparable(Exception):
    """The drawn operation did something that symbolic runs have no step for."""


@dataclass
class Pair:
    """Both runs, side by side, in one boot of a table."""

    table: ParamSet
    boot: Mapping[str, int]
    policy: Policy
    run: Run = field(init=False)
    loader: Loader = field(init=False)
    events: list[Event] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)  # (rule, subject) that the executable run violates
    said: set[tuple[str, str]] = field(default_factory=set)  # that the symbolic one does

    def __post_init__(self) -> None:
        self.policy.release = False
        self.run = fix_values(start(self.table), self.boot)
        self.loader = Loader(self.params, self.policy, self.events)
        self.watcher = Watcher(self.params)
        self.sections = {s.name: s for s in self.table.sections}

    @cached_property
    def params(self) -> Concrete:
        """The table in this boot."""
        return in_boot(self.table, self.boot)

    @property
    def state(self) -> Observation:
        """The observed state of the executable run."""
        return self.watcher.state

    # -- one operation ------------------------------------------------------------------------------------------------

    def do(self, asked: Asked) -> bool:
        """Perform it on both sides and compare; whether the run goes on."""
        open_before = open_places(self.state, asked.section, asked.size) if asked.section else Open()
        faulted = self._perform(asked)
        placed = [e.lo for e in self.events if e.kind in ("alloc", "collision")]
        collided = any(event.kind == "collision" for event in self.events)
        if asked.op == "failed load" and (collided or not placed):
            asked = replace(asked, op="load", second="")  # it came to no more than that
        options = [fix_values(run, self._sizes(asked)) for run in self._successors(asked)]
        options = [run for run in options if holds(*run.constraints)]
        if asked.op == "load":
            assert {place_of(run) for run in options} == open_before.places_to_try
        chosen = [run for run in options if place_of(run) == (placed[0] if placed else None)]
        assert chosen, f"{asked}: at {placed}, which is none of {[place_of(run) for run in options]}"
        alone = self._alone(asked, chosen[0]) if asked.op == "failed load" else set()
        self.run = chosen[0]
        self._compare(faulted, alone)
        return not faulted

    def _alone(self, asked: Asked, failed: Run) -> set[tuple[str, str]]:
        """The violations of a load of the first section alone.

        Of a failed load, the symbolic run sees the placement and the rollback, and the executable run every event; a
        violation that only one of them sees must also occur in a load that succeeds.
        """
        options = [
            fix_values(run, self._sizes(asked)) for run in load(self.run, self.sections[asked.section], asked.module)
        ]
        run = next(o for o in options if holds(*o.constraints) and place_of(o) == place_of(failed))
        return set(self._violations(run))

    def _sizes(self, asked: Asked) -> dict[str, int]:
        sizes = {**self.boot, f"{asked.module}.{asked.section}.size": asked.size}
        return sizes | ({f"{asked.module}.{asked.second}.size": asked.second_size} if asked.second else {})

    def _perform(self, asked: Asked) -> bool:
        """The executable allocator's result; whether it faulted."""
        self.events.clear()
        faulted = False
        try:
            self._run(asked)
        except Ended:
            faulted = True
        found = self.watcher.step(self.events, self.loader.allocator.tiles())
        self.seen |= {(v.rule, v.subject) for v in found}
        return faulted

    def _run(self, asked: Asked) -> None:
        if asked.op in ("finish_init", "unload"):
            getattr(self.loader, asked.op)(asked.module)
            return
        wanted = [Request(asked.section, asked.size)]
        wanted += [Request(asked.second, asked.second_size)] if asked.second else []
        if self.loader.load(asked.module, wanted) and asked.op == "failed load":
            raise Incomparable

    def _successors(self, asked: Asked) -> Iterator[Run]:
        section = self.sections.get(asked.section)
        if asked.op == "load" and section:
            yield from load(self.run, section, asked.module)
        elif asked.op == "failed load" and section:
            yield from failed_load(self.run, section, self.sections[asked.second], asked.module)
        elif asked.op == "finish_init":
            yield finish_init(self.run, asked.module)
        else:
            yield unload(self.run, asked.module)

    # -- both the same ------------------------------------------------------------------------------------------------

    def _compare(self, faulted: bool, alone: set[tuple[str, str]]) -> None:
        assert holds(*settled(self.run).constraints) is not faulted, f"a fault: {faulted}"
        said = set(self._violations(self.run))
        self.seen |= said & alone
        self.said |= said | (self.seen & alone)
        common = {(rule, subject) for rule, subject in self.seen if rule in VIOLATIONS}
        assert self.said == common, f"the symbolic run alone: {self.said - common}; not it: {common - self.said}"
        if not faulted:
            self._same_state()

    def _same_state(self) -> None:
        ours = [(e.lo, e.last, e.root, e.section.name, e.module, e.sealed) for e in self.state.live]
        theirs = [
            (value(e.span.lo), value(e.span.last), e.root.name, e.section.name, e.module, e.sealed)
            for e in self.run.held
        ]
        assert sorted(ours) == sorted(theirs)
        for root in self.params.roots:
            if root.reuses:
                frees = [e.span for e in self.run.free(self.table.type(root.name))]
                free = sorted((value(f.lo), value(f.last)) for f in frees if holds(f.exists))
                assert free == sorted(self.state.free_space(root.name))
        for page in self._pages():
            self._same_page(page)

    def _same_page(self, page: int) -> None:
        seen = self.state.runs(page, page)[0]
        at = page_at(self.run.pages, constant(page, self.params.bits))
        rights = "".join(
            x if holds(term) else "-" for x, term in zip("rwx", (at.read, at.write, at.execute), strict=True)
        )
        assert rights == seen.protection, f"the page at {page:#x}"
        assert holds(at.stale) == seen.taken, f"the page at {page:#x}: {seen}"

    def _pages(self) -> list[int]:
        """A page of every stretch of pages that nothing divides."""
        edges = [edge for done in self.run.pages for edge in (value(done.pages.lo), value(done.pages.last))]
        edges += [edge for e in self.state.live for edge in (e.lo, e.last)]
        edges += [e.lo for e in self.events if e.lo]
        return sorted({edge - edge % self.params.page for edge in edges})

    # -- violations ---------------------------------------------------------------------------------------------------

    def _violations(self, run: Run) -> Iterator[tuple[str, str]]:
        pages = self._pages() or [0]
        for rule, subject in self._subjects():
            root, section = root_of(subject.parts), section_of(subject.parts)
            where = self._open(root) if rule.startswith("CMP") else pages
            if (rule, subject.name) in self.said or self._violates(rule, run, Matter(self.table, root, section), where):
                yield rule, subject.name

    def _subjects(self) -> Iterator[tuple[str, Subject]]:
        """Each rule that a run can violate, with all that it is asked of."""
        for rule in sorted(VIOLATIONS.keys() - set(OF_REACH)):
            for subject in RULES[rule].each(self.table):
                yield rule, subject

    def _violates(self, rule: str, run: Run, suspect: Matter, where: list[int]) -> bool:
        wrong = violated(rule, suspect, run)
        if is_constant(wrong):
            return holds(wrong)
        return any(evaluate(wrong, {**self.boot, "probe": page}) for page in where)

    def _open(self, root: AllocType) -> list[int]:
        """The first multiples of the root's alignments in free extents, holes and ranges: where CMP001 would look."""
        concrete = self.params.root(root.name)
        frees = [e.span for root in self.table.roots for e in self.run.free(root)]
        starts = [value(f.lo) for f in frees if holds(f.exists)]
        starts += [
            0,
            *(evaluate(area.last, self.boot) + 1 for _, area in self.run.areas),
            *(r.first for r in concrete.ranges if r),
        ]
        steps = {concrete.alignment, max(concrete.alignment, concrete.granularity)} - {0}
        found = {-(-lo // step) * step for lo in starts for step in steps}
        return sorted(p for p in found if p < 1 << self.params.bits) or [0]


def place_of(run: Run) -> int | None:
    """The place of the last operation's section; None if it was refused or placed nothing."""
    return value(run.placed[0].span.lo) if run.placed else None


def side_by_side(params: Concrete, policy: Policy) -> Pair:
    """The pair for a table of numbers."""
    return Pair(as_terms(params), {}, policy)


def holds(*terms: Term) -> bool:
    """Whether all of them do; no variable is left in them."""
    return all(evaluate(term) for term in terms)


def value(word: Term | None) -> int:
    """The word, in which no variable is left."""
    assert word is not None
    return evaluate(word)


def fixed_term(term: Term, values: Mapping[str, int]) -> Term:
    """The constant that the term is with these values."""
    return constant(evaluate(term, values), term.bits) if term.bits else truth(bool(evaluate(term, values)))


def fix_values(run: Run, values: Mapping[str, int]) -> Run:
    """The run with values for its variables: every term is a constant, and shared objects stay shared."""
    seen: dict[int, tuple[Any, Any]] = {}
    changed = {
        f.name: _fix_item(getattr(run, f.name), values, seen) for f in fields(run) if f.name != "table"
    }  # fmt: skip
    return replace(run, **changed)


def _fix_item(item: Any, values: Mapping[str, int], seen: dict[int, tuple[Any, Any]]) -> Any:
    if id(item) not in seen:
        seen[id(item)] = (item, _compute(item, values, seen))  # the item too, so that its id stays its own
    return seen[id(item)][1]


def _compute(item: Any, values: Mapping[str, int], seen: dict[int, tuple[Any, Any]]) -> Any:
    if isinstance(item, Term):
        return fixed_term(item, values)
    if isinstance(item, dict):
        return {}  # forget terms that no longer exist
    if isinstance(item, tuple):
        return tuple(_fix_item(part, values, seen) for part in item)
    if is_dataclass(item) and not isinstance(item, AllocType | Section | type):
        changed = {f.name: _fix_item(getattr(item, f.name), values, seen) for f in fields(item)}
        return replace(item, **changed)
    return item
