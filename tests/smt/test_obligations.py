"""Which obligations there are: their kinds, hypotheses, and the elements that each is about.

Without it, an obligation could be dropped, and its theorem would still count as proved.

The same is put together here of the clauses' values, element by element. Whether an obligation can be discharged is for
test_small_theorems.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import permutations, product

import pytest

from modalloc_model.designs.arbiter.symbolic import HOLES_SEPARATE, Foreign, Hole
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.invariants import (
    ALIGNED,
    APART,
    BLOCK_ALIGNED,
    FREE_APART,
    HOLE_APART,
    IN_BLOCK,
    IN_RANGE,
    ROOTS_APART,
    SEPARATION,
    Extent,
)
from modalloc_model.designs.mail.operations import block_alignment
from modalloc_model.designs.mail.theorems import PREMISES, THEOREMS
from modalloc_model.designs.mail.transitions import Scene, induction, others, transitions
from modalloc_model.params import AllocType
from modalloc_model.smt import induction as about
from modalloc_model.smt.induction import Obligation, invariant_of, live_stays, mask_is_multiple, roundings, tilings
from modalloc_model.smt.spans import Span
from modalloc_model.smt.transitions import Clause, Element, Tiling, Transition, looked_up
from modalloc_model.theorems.symbolic import SECTIONS, any_table
from modalloc_model.words import FALSE, TRUE, Term, evaluate, is_aligned, proposition, truth, variable, variables
from tests.properties.toy import BITS, PAGE, PMD, TOP, alloc_type, word
from tests.smt.values import Values, drawn_for

CLAUSES = (*SEPARATION, IN_RANGE, BLOCK_ALIGNED, ALIGNED, FREE_APART, HOLES_SEPARATE)
R = alloc_type("r", granularity=PMD, alignment=PAGE, ranges=[(0x20, 0x7F), (0x90, 0xBF)])
Q = alloc_type("q", 1, granularity=8, alignment=2, ranges=[(0x60, 0x9F), (0xA0, 0xFF)])
SINGLE = alloc_type("s", granularity=PAGE, alignment=PAGE)


def scene(root: AllocType = R) -> Scene:
    return Scene(root, word(PAGE), word(2), BITS)


def intervals(*names: str) -> dict[str, Term]:
    found = (f"{name}.{end}" for name in names for end in ("lo", "last"))
    return {name: variable(name, BITS) for name in found}


def interval(name: str, exists: Term = TRUE) -> Span:
    return Span(variable(f"{name}.lo", BITS), variable(f"{name}.last", BITS), exists)


def other_extent(root: AllocType = R) -> Extent:
    return Extent("other", root, interval("other"), interval("other.block"), word(2), proposition("other.free"))


OTHER_HOLE = Hole("other hole", interval("other hole"))
OTHER_AREA = Foreign("other area", interval("other area"))


def every(clause: Clause, *elements: Element) -> list[Term]:
    """Of each of the elements, and of each two in each order."""
    return [clause.of(e) for e in elements] + [clause.of(x, y) for x, y in permutations(elements, 2)]


def with_others(clause: Clause, elements: Iterable[Element], others: Iterable[Element]) -> list[Term]:
    pairs = product(elements, others)
    return [term for x, y in pairs for term in (clause.of(x, y), clause.of(y, x))]


def hold(terms: Iterable[Term], values: Values) -> bool:
    return all(evaluate(term, values) for term in terms)


def words_of(o: Obligation) -> tuple[Term, ...]:
    return (o.goal, *o.hypotheses.values())


def happens(transition: Transition) -> dict[str, list[Term]]:
    found = {"operation": [transition.enabled]}
    if transition.rounding:
        found["rounding"] = [transition.rounding.facts]
    return found


def known(transition: Transition, clauses: Iterable[Clause], others: tuple[Element, ...] = ()) -> dict[str, list[Term]]:
    """Before the operation, by the names of the hypotheses: of what is consumed, and of others beside it."""
    found = {f"before: {c.name}": every(c, *transition.consumed) for c in clauses}
    if others:
        for c in clauses:
            of_each = [c.of(other) for other in others]
            found[f"others: {c.name}"] = of_each + with_others(c, transition.consumed, others)
        found["neighbours"] = [looked_up(transition, other) for other in others]
    return found


def says(o: Obligation, hypotheses: dict[str, list[Term]], goal: Callable[[Values], bool]) -> None:
    """The obligation's values are those of the terms, whatever its variables are."""
    assert list(o.hypotheses) == list(hypotheses)
    terms = [term for part in hypotheses.values() for term in part]
    for values in drawn_for(15, *words_of(o), *terms, variable("probe", BITS), variable("p", BITS)):
        found = {name: bool(evaluate(term, values)) for name, term in o.hypotheses.items()}
        assert found == {name: hold(part, values) for name, part in hypotheses.items()}, o.name
        assert bool(evaluate(o.goal, values)) is goal(values), o.name


@pytest.mark.parametrize("root", [R, SINGLE], ids=["reuses", "single pages"])
def test_a_step_says_that_what_is_produced_has_the_clause_beside_all_others(root: AllocType) -> None:
    others = (other_extent(root), OTHER_HOLE, OTHER_AREA)
    steps = {o.name: o for o in induction(scene(root), CLAUSES[:-1], CLAUSES[-1:]) if o.kind == "step"}
    assert len(steps) == 8 * len(CLAUSES[:-1])
    for transition, clause in product(transitions(scene(root)), CLAUSES[:-1]):
        wanted = every(clause, *transition.produced) + with_others(clause, transition.produced, others)
        before = happens(transition) | known(transition, CLAUSES, others)
        says(steps[f"{transition.name} keeps: {clause.name}"], before, lambda v, wanted=wanted: hold(wanted, v))  # type: ignore[misc]


def test_the_arbitrary_other_extent_is_of_the_root_that_is_asked_for() -> None:
    others = (other_extent(Q), OTHER_HOLE, OTHER_AREA)
    found = list(induction(scene(), (ROOTS_APART,), SEPARATION, Q))
    for transition, o in zip(transitions(scene()), found[1:], strict=True):
        wanted = every(ROOTS_APART, *transition.produced) + with_others(ROOTS_APART, transition.produced, others)
        before = happens(transition) | known(transition, (ROOTS_APART, *SEPARATION), others)
        says(o, before, lambda v, wanted=wanted: hold(wanted, v))  # type: ignore[misc]


def test_the_base_is_one_hole_that_is_everything() -> None:
    everything = Hole("hole", Span(word(0), word(TOP)))
    found = [o for o in induction(scene(), CLAUSES) if o.kind == "base"]
    assert [(o.name, dict(o.hypotheses)) for o in found] == [(clause.name, {}) for clause in CLAUSES]
    assert [o.goal for o in found] == [clause.of(everything) for clause in CLAUSES]


def test_elements_are_said_of_in_the_order_that_the_clause_has() -> None:
    e, h, k = other_extent(), OTHER_HOLE, Hole("k", interval("k"))
    for elements in ((e, h), (h, e), (e, h, k), (k, e), (h, k), (e,)):
        for clause in CLAUSES:
            found = invariant_of((clause,), *elements)
            assert list(found) == [clause.name]
            for values in drawn_for(40, *intervals("other", "other.block", "other hole", "k").values()):
                values["other.free"] = 1
                assert bool(evaluate(found[clause.name], values)) is hold(every(clause, *elements), values)


def test_alike_elements_are_paired_once() -> None:
    asked: list[tuple[str, ...]] = []

    def formula(*elements: Element) -> Term:
        asked.append(tuple(e.name for e in elements))
        return TRUE

    e, f = other_extent(), replace(other_extent(), name="f")
    invariant_of((Clause("t", (Extent, Extent), formula),), e, f, OTHER_HOLE)
    assert asked == [("other", "f")]
    asked.clear()
    invariant_of((Clause("t", (Hole, Extent), formula),), e, f, OTHER_HOLE)
    assert asked == [("other hole", "other"), ("other hole", "f")]
    assert about.implication("n", {"h": FALSE}, TRUE) == Obligation("n", "conclusion", {"h": FALSE}, TRUE)
    assert about.impossible("n", {"h": TRUE}) == Obligation("n", "conclusion", {"h": TRUE}, FALSE)


def test_rounding_is_of_the_words_that_are_computed() -> None:
    found = list(roundings(transitions(scene())))
    rounded = [t for t in transitions(scene()) if t.rounding]
    assert [(o.name, o.kind) for o in found] == [(f"{t.name} rounds", "rounding") for t in rounded]
    for o, t in zip(found, rounded, strict=True):
        assert t.rounding is not None
        facts = [t.rounding.facts]
        if t.name != "alloc by reuse":
            facts.append(truth(is_aligned(t.rounding.values[-1][1], block_alignment(R))))
        says(o, {"computed": [t.rounding.same]}, lambda v, facts=facts: hold(facts, v))  # type: ignore[misc]


# -- tilings, and what is live -----------------------------------------------------------------------------------------


def holds_at(span: Span, values: Values) -> bool:
    exists, lo, last = (evaluate(term, values) for term in (span.exists, span.lo, span.last))
    return bool(exists and lo <= values["probe"] <= last)


@pytest.mark.parametrize("root", [R, SINGLE], ids=["reuses", "single pages"])
def test_a_tiling_is_of_each_operation_and_of_an_arbitrary_address(root: AllocType) -> None:
    found = iter(tilings(transitions(scene(root)), SEPARATION, scene().word("probe")))
    for transition in transitions(scene(root)):
        for tiling in transition.tilings:
            o = next(found)
            assert (o.name, o.kind) == (f"{transition.name} tiles: {tiling.name}", "step")

            def same(
                values: Values, before: tuple[Span, ...] = tiling.before, after: tuple[Span, ...] = tiling.after
            ) -> bool:
                b, a = (sum(holds_at(span, values) for span in spans) for spans in (before, after))
                return (b == 1) is (a == 1) and bool(b) is bool(a)

            says(o, happens(transition) | known(transition, SEPARATION), same)
    assert next(found, None) is None


def test_an_address_that_is_held_twice_is_not_the_same_as_one_that_is_held_once_or_not() -> None:
    one, two = Span(word(2), word(5)), Span(word(4), word(9))
    for before, after, same in (((one, two), (), False), ((), (one, two), False), ((one, two), (one,), False),
        ((one, two), (two, one), True), ((one,), (two,), True), ((), (), True)):  # fmt: skip
        assert bool(evaluate(about.same_cover(Tiling("t", before, after), word(4)))) is same


LEAVES = {"free": {"freed"}, "give back": {"area", "whole"}}
"""What an operation frees is live no more."""


@pytest.mark.parametrize("root", [R, SINGLE], ids=["reuses", "single pages"])
def test_what_is_live_stays_where_it_is_not_what_is_freed(root: AllocType) -> None:
    found = iter(live_stays(transitions(scene(root)), SEPARATION, others(scene(root), root), scene().word("probe")))
    for transition in transitions(scene(root)):
        o, before = next(found), happens(transition) | known(transition, SEPARATION)
        assert (o.name, o.kind) == (f"{transition.name} takes nothing live along", "step")
        staying = [e for e in transition.consumed if e.name not in LEAVES.get(transition.name, ())]

        def stays(values: Values, old: list[Element] = staying, new: tuple[Element, ...] = transition.produced) -> bool:
            was, is_ = (
                any(
                    isinstance(e, Extent) and not evaluate(e.free, values) and holds_at(e.span, values)
                    for e in elements
                )
                for elements in (old, new)
            )
            return is_ or not was

        says(o, before, stays)
        if transition.name == "give back":
            other, gone = other_extent(root), transition.unmaps
            assert isinstance(gone, Extent)
            beside = {
                f"others: {c.name}": [c.of(other), *with_others(c, transition.consumed, (other,))] for c in SEPARATION
            }  # fmt: skip
            company = {"found": [root.reuses, other.block.same(gone.block)]}
            o = next(found)
            assert (o.name, o.kind) == ("give back leaves another extent without its block", "step")
            says(o, before | beside | company, lambda _: False)
    assert next(found, None) is None


# -- names -------------------------------------------------------------------------------------------------------------

PARTS = ("lo", "last", "block.lo", "block.last")
EXTENTS = {f"{name}.{part}" for name in ("one", "two", "free", "freed", "whole", "kept", "other") for part in PARTS}
SPANS = {
    f"{name}.{part}"
    for name in ("hole", "other hole", "below", "above", "next", "area", "other area")
    for part in PARTS[:2]
}
STATES = {"other.free", "whole.free", "below.exists", "above.exists"}
WORDS = {"s", "n", "p", "size", "q", "x", "a", "total", "probe", "any g", "any a"}
TABLE = {f"{root}.{name}" for root in "RQ" for name in ("granularity", "alignment", "start0", "end0", "start1", "end1",
    "second", "seals", "carved", "promised", "read", "write", "execute")}  # fmt: skip
MACHINE = {"PAGE_SIZE", "PMD_SIZE", "guard page", "shared arbiter", "exact search", "by-loader"}
OF_INTERVALS = ("RNG004", "ALN004", "OVL001", "OVL002", "OVL003", "OVL004", "ROI002", "CMP001")


def of_theorem(rule: str) -> Iterator[Obligation]:
    params = any_table(6, SECTIONS)
    matter = Matter(params, params.types[0])
    yield from THEOREMS[rule](matter)
    yield from PREMISES[rule](matter) if rule in PREMISES else ()


def test_variables_are_named_after_what_they_are() -> None:
    found = {name for rule in OF_INTERVALS for o in of_theorem(rule) for name in variables(*words_of(o))}
    assert found <= EXTENTS | SPANS | STATES | WORDS | TABLE | MACHINE
    assert found >= EXTENTS | SPANS | STATES | WORDS


KINDS = {
    "step": (" keeps: ", " tiles: ", " takes nothing live along", " without its block"),
    "rounding": (" rounds",),
    "lemma": (
        "ALIGN to ",
        "a power of two with bit ",
        "a mask of ",
        "the larger of two powers is one",
        "of a coarser power",
    ),
}
"""What the name of each kind of obligation has in it; a base is named after its clause."""


@pytest.mark.parametrize("rule", OF_INTERVALS)
def test_an_obligation_is_of_the_kind_that_its_name_tells(rule: str) -> None:
    for o in of_theorem(rule):
        told = [kind for kind, parts in KINDS.items() if any(part in o.name for part in parts)]
        base = o.name in {clause.name for clause in (*CLAUSES, ROOTS_APART)} and not variables(o.goal).keys() & EXTENTS
        assert o.kind == (told[0] if told else "base" if base else "conclusion")


def test_a_mask_finds_the_multiples_of_each_power() -> None:
    *single, mask = mask_is_multiple(BITS)
    assert [o.name for o in single] == [
        f"a power of two with bit {word(1 << k)} is {word(1 << k)}" for k in range(BITS)
    ]
    for k, o in enumerate(single):
        for a in (0, 1, 2, 3, 1 << k, 3 << k & TOP, TOP):
            is_power = a > 0 and a & (a - 1) == 0
            assert bool(evaluate(o.hypotheses["a"], {"a": a})) is (is_power and bool(a & 1 << k))
            assert bool(evaluate(o.goal, {"a": a})) is (a == 1 << k)
    assert all(evaluate(mask.goal, {"x": x}) for x in range(0, TOP, 7))
    assert set(variables(mask.goal)) == {"x"} and mask.name == "a mask of a power of two finds multiples"


def test_a_mask_is_a_multiple_only_if_both_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "is_aligned", lambda x, power: proposition(f"aligned to {power}"))
    *_, mask = mask_is_multiple(BITS)
    for x in (0, 8, 12, 128):
        right = {f"aligned to {word(1 << k)}": int(x % (1 << k) == 0) for k in range(BITS)}
        assert evaluate(mask.goal, {"x": x, **right}) == 1
        assert all(evaluate(mask.goal, {"x": x, **right, name: 1 - right[name]}) == 0 for name in right)


def test_hole_and_extent_are_apart_whichever_comes_first() -> None:
    e, h = other_extent(), OTHER_HOLE
    values = {"other.lo": 8, "other.last": 9, "other.block.lo": 8, "other.block.last": 15, "other.free": 0}
    for last, apart in ((7, True), (8, False)):
        found = invariant_of((HOLE_APART, APART, IN_BLOCK), e, h)
        assert bool(evaluate(found[HOLE_APART.name], {**values, "other hole.lo": 0, "other hole.last": last})) is apart
