"""A second design moves in: a bump allocator, and the mistake in it.

It is registered, proved by induction, searched for its shortest wrong run and replayed, by what stands for any design.
Without it, the house could be for one design and nobody would notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from modalloc_model import designs
from modalloc_model.allocator import Event, EventKind, Violation
from modalloc_model.concrete import Concrete, in_boot
from modalloc_model.designs.derived import Derived
from modalloc_model.designs.design import Design, Matter, Unplayable
from modalloc_model.designs.replay import replay
from modalloc_model.engine.search import paths_of, search, trace_of
from modalloc_model.engine.solvers import Budget, settle
from modalloc_model.params import AllocType, ParamSet
from modalloc_model.smt.induction import Obligation, induction, live_stays, tilings
from modalloc_model.smt.runs import Run
from modalloc_model.smt.spans import Span
from modalloc_model.smt.transitions import Clause, Element, Operation, Scene, Tiling, Transition
from modalloc_model.trace import Step, Trace, from_json, to_json
from modalloc_model.words import FALSE, Term, Truth, all_of, any_of, ne, negate, truth, ule, ult
from tests.properties.toy import alloc_type, table

RULE, BITS = "BMP001", 8

# -- symbolic ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bumped(Element):
    """What somebody has: nothing is ever freed."""

    name: str
    pool: AllocType
    span: Span

    @property
    def owned(self) -> Truth:
        return True


@dataclass(frozen=True, slots=True)
class Rest(Element):
    """What nobody has had."""

    name: str
    pool: AllocType
    span: Span


def _alloc(scene: Scene, right: bool, rest: Rest, size: Term) -> Transition:
    chosen = scene.pool.ranges[0]
    room = rest.span.last - rest.span.lo if right else chosen.last - chosen.first
    fits = truth(all_of(rest.exists, ne(size, 0), ule(size - 1, room)))  # of no byte more than there is
    live = Span(rest.span.lo, rest.span.lo + (size - 1))
    left = Span(live.last + 1, rest.span.last, truth(ult(live.last, rest.span.last)))
    produced = (Bumped("live", scene.pool, live), Rest("rest", scene.pool, left))
    tiling = Tiling("the rest", (rest.span,), (live, left))
    return Transition("alloc", fits, (rest,), produced, (tiling,), shows=(("at", live.lo),))


def operations(scene: Scene, right: bool) -> tuple[Operation, ...]:
    rest = Rest("rest", scene.pool, scene.span("rest"))
    return (Operation("alloc", (rest,), partial(_alloc, scene, right), asks=(scene.word("size"),)),)


def start(scene: Scene) -> tuple[Element, ...]:
    chosen = scene.pool.ranges[0]
    return (Rest("rest", scene.pool, Span(chosen.first, chosen.last)),)


def others(scene: Scene) -> tuple[Element, ...]:
    return (Bumped("other", scene.pool, scene.span("other")),)


def _inside(e: Bumped | Rest) -> Term:
    chosen = e.pool.ranges[0]
    return truth(all_of(e.span.ordered, e.span.inside(Span(chosen.first, chosen.last))))


INSIDE = Clause("allocations lie in the range", (Bumped,), _inside)
REST_INSIDE = Clause("the rest lies in the range", (Rest,), _inside)
APART = Clause("allocations are apart", (Bumped, Bumped), lambda e, o: e.span.apart(o.span))
REST_APART = Clause("the rest is nobody's", (Bumped, Rest), lambda e, r: e.span.apart(r.span))
CLAUSES = (INSIDE, REST_INSIDE, APART, REST_APART)


def violated(rule: str, matter: Matter, run: Run) -> Term:
    held = [e for e in run.elements if isinstance(e, Bumped) and e.pool is matter.root]
    wrong = truth(any_of(FALSE, *(negate(INSIDE.of(e)) for e in held)))
    return FALSE if wrong == FALSE else truth(all_of(*run.constraints, wrong))


# -- executable --------------------------------------------------------------------------------------------------------


@dataclass
class Bumper:
    """The same in plain numbers; `right` as above."""

    params: Concrete
    right: bool = True
    events: list[Event] = field(default_factory=list)
    used: int = 0

    def perform(self, step: Step) -> None:
        self.events.clear()
        chosen, asked = self.params.root(step.root).ranges[0], dict(step.values)
        assert chosen is not None
        length = chosen.last - chosen.first + 1
        if step.op != "alloc" or not 0 < asked["size"] <= length - (self.used if self.right else 0):
            raise Unplayable(f"{step.op} of {asked['size']} bytes is refused")
        at = chosen.first + self.used
        if at != asked["at"]:
            raise Unplayable(f"it is placed at {at:#x}, not at {asked['at']:#x}")
        self.used += asked["size"]
        self.events.append(Event(EventKind.ALLOC, at, at + asked["size"] - 1, step.root, size=asked["size"]))

    def record(self) -> tuple[tuple[Event, ...], tuple[Violation, ...], tuple[()]]:
        return tuple(self.events), tuple(self._judge()), ()

    def _judge(self) -> Iterator[Violation]:
        for event in self.events:
            chosen = self.params.root(event.root).ranges[0]
            if chosen and event.last > chosen.last:
                yield Violation(RULE, event.root, f"{event.last:#x} is beyond the range", event.lo, event.last)


# -- the design --------------------------------------------------------------------------------------------------------


def bump(right: bool) -> Design:
    return Design(
        name="bump",
        title="memory is handed out from one end to " + ("the other" if right else "beyond the other one"),
        source="this test",
        dialects=("toy",),
        operations=lambda scene: operations(scene, right),
        clauses=CLAUSES,
        start=start,
        others=others,
        violated=violated,
        breakable=frozenset({RULE}),
        executable=lambda params: Bumper(params, right),
        judges=lambda: (RULE,),
    )


@pytest.fixture(params=[True, False], ids=["right", "wrong"])
def design(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Design:
    chosen = bump(bool(request.param))
    monkeypatch.setitem(designs.DESIGNS, chosen.name, chosen)
    return chosen


def toy() -> ParamSet:
    found = table(alloc_type("r", ranges=[(0x10, 0x2F)]))
    return replace(found, dialect=replace(found.dialect, design="bump"))


def is_right(design: Design) -> bool:
    return design.title.endswith("other")


def failing(obligations: Iterator[Obligation]) -> set[str]:
    return {o.name for o in obligations if settle(o.query()).status != "unsat"}


def test_a_table_has_the_design_of_its_dialect(design: Design) -> None:
    assert designs.of(toy()) is design
    assert isinstance(designs.program_of(toy()), Derived)


def test_induction_is_on_the_designs_own_operations_and_clauses(design: Design) -> None:
    params = toy()
    scene = design.scene(Matter(params, params.types[0]))
    steps = [operation.arbitrary() for operation in design.operations(scene)]
    found = failing(induction(steps, design.clauses, design.others(scene), design.start(scene)))
    wrong = {"alloc keeps: allocations lie in the range", "alloc keeps: allocations are apart"}
    assert (found == set()) if is_right(design) else (wrong <= found)
    assert bool(failing(tilings(steps, design.clauses, scene.word("probe")))) is not is_right(design)
    assert not failing(live_stays(steps, design.clauses, design.others(scene), scene.word("probe")))


def run_of(params: ParamSet) -> Trace | None:
    (found,) = search([(RULE, Matter(params, params.types[0]))], paths_of(params, Budget(), "z3"))
    return trace_of(RULE, "r", found.found) if found.found else None


def test_the_shortest_wrong_run_is_derived_and_replayed(design: Design) -> None:
    trace = run_of(toy())
    if is_right(design):
        assert trace is None
        return
    assert trace is not None
    assert [(s.op, s.root, dict(s.values)) for s in trace.steps] == [
        ("alloc", "r", {"size": 1, "at": 0x10}),
        ("alloc", "r", {"size": 0x20, "at": 0x11}),
    ]
    again = from_json(to_json(trace))
    assert (again, again.design) == (trace, "bump")
    done = replay(again)
    assert (done.reproduced, done.violation) == (True, "0x30 is beyond the range")
    assert [len(record.events) for record in done.steps] == [1, 1]


def test_a_trace_that_the_design_does_not_make_is_refused(design: Design) -> None:
    document: dict[str, Any] = to_json(Trace("t", RULE, "r", {}, concrete(), (Step("alloc", root="r", values=SIZE),)))
    assert replay(from_json(document)).problem == "step 1, alloc of others: it is placed at 0x10, not at 0x12"


def test_a_trace_of_a_design_that_nobody_knows_is_refused() -> None:
    document: dict[str, Any] = to_json(Trace("t", RULE, "r", {}, concrete(), (Step("alloc", root="r", values=SIZE),)))
    done = replay(from_json(document))
    assert not done.reproduced
    assert done.problem == "the trace is one of design 'bump'; known are mail, exact, linux"


SIZE = (("size", 1), ("at", 0x12))


def concrete() -> Concrete:
    return in_boot(toy(), {})
