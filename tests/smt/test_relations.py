"""The relations, clauses and transitions of the symbolic side against sets of addresses, on words of 5 bits.

Without it, a relation that forgets a byte, or wraps where it must not, would be believed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product

import pytest

from modalloc_model.designs.arbiter.symbolic import HOLE_ORDERED, HOLES_APART, HOLES_SEPARATE, Foreign, Hole, fits_hole
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
from modalloc_model.designs.mail.operations import (
    Rounding,
    block_alignment,
    fresh,
    fresh_rounding,
    reuse,
    reuse_rounding,
)
from modalloc_model.designs.mail.transitions import Scene, transitions
from modalloc_model.params import AllocType, Protection, Range
from modalloc_model.smt.induction import same_cover
from modalloc_model.smt.spans import Span, joined, pages_of, touches, whole_space
from modalloc_model.smt.transitions import Clause, Element, Tiling, Transition, looked_up
from modalloc_model.words import FALSE, TRUE, Term, constant, evaluate, substitute, truth, variables

W = 5
TOP = (1 << W) - 1
POWERS = (1, 2, 4, 8)


def word(value: int) -> Term:
    return constant(value, W)


def span(lo: int, last: int, exists: bool = True) -> Span:
    return Span(word(lo), word(last), truth(exists))


def cells(s: Span, **values: int) -> set[int]:
    """Its addresses."""
    lo, last = evaluate(s.lo, values), evaluate(s.last, values)
    return {*range(lo, last + 1)} if evaluate(s.exists, values) else set()


def spans() -> list[Span]:
    edges = (0, 1, 6, 7, 8, 15, TOP)
    whole = [span(lo, last) for lo, last in product(edges, edges) if lo <= last]
    return [*whole, span(3, 9, False), span(0, 6, False), span(7, 14, False)]


def root(g: int = 8, a: int = 2, *bounds: tuple[int, int], second: bool = True) -> AllocType:
    chosen = [*bounds, (0, TOP), (1, 0)][:2]
    ranges = tuple(Range.from_bounds(word(lo), word(last), inclusive=True) for lo, last in chosen)
    flags = (FALSE, FALSE, FALSE, FALSE)
    return AllocType("R", 0, 0, word(g), word(a), ranges, truth(second), Protection.of("", "rw-"), *flags)


def align(x: int, a: int) -> int:
    return (x + a - 1) & TOP & ~(a - 1)


# -- spans -----------------------------------------------------------------------------------------------------------


def test_spans_are_sets_of_addresses() -> None:
    for x in spans():
        assert evaluate(x.ordered) == 1
        assert {n for n in range(TOP + 1) if evaluate(x.holds(word(n)))} == cells(x)
        for y in spans():
            assert bool(evaluate(x.apart(y))) is (not (cells(x) & cells(y)))
            both = evaluate(x.exists) and evaluate(y.exists)
            if both:
                assert bool(evaluate(x.inside(y))) is (cells(x) <= cells(y))
                assert bool(evaluate(x.same(y))) is (cells(x) == cells(y))
            next_to = both and max(cells(x)) + 1 == min(cells(y))
            assert bool(evaluate(touches(x, y))) is bool(next_to)
    assert evaluate(span(4, 3).ordered) == 0
    assert cells(whole_space(W)) == set(range(TOP + 1))


def test_pages_of_a_span_are_those_of_which_it_holds_a_byte() -> None:
    for x, page in product(spans(), POWERS):
        pages = {n for n in range(TOP + 1) if {*range(n // page * page, n // page * page + page)} & cells(x)}
        assert cells(pages_of(x, word(page))) == pages


def test_what_is_joined_takes_those_neighbours_that_exist() -> None:
    for below, above in product((False, True), repeat=2):
        whole = joined(span(2, 4, below), span(5, 8), span(9, 11, above))
        assert cells(whole) == {*range(2 if below else 5, 12 if above else 9)}


# -- alloc -----------------------------------------------------------------------------------------------------------


def draws(count: int) -> Iterator[random.Random]:
    generator = random.Random(7)
    for _ in range(count):
        yield generator


def sizes(g: random.Random) -> int:
    return g.choice((0, 1, 2, 3, 5, 8, 9, 16, TOP - 1, TOP, g.randrange(TOP + 1)))


def test_reuse_splits_a_free_extent_around_its_first_aligned_place() -> None:
    seen = 0
    for g in draws(1500):
        r = root(g.choice(POWERS), g.choice((*POWERS, 0)))
        lo, size, a = g.randrange(TOP + 1), sizes(g), evaluate(r.alignment)
        last, exists = g.randrange(lo, TOP + 1), g.random() < 0.9
        found = reuse(r, span(lo, last, exists), word(size))
        s, p = align(size, a), align(lo, a)
        fits = size and s >= size and lo <= p <= last and p + s - 1 <= last
        possible = bool(fits and exists and evaluate(r.granularity) > a)
        assert bool(evaluate(found.enabled)) is possible
        if possible:
            assert cells(found.left) == {*range(lo, p)}
            assert cells(found.live) == {*range(p, p + s)}
            assert cells(found.right) == {*range(p + s, last + 1)}
        seen += possible
    assert 100 < seen < 1400


@pytest.mark.parametrize("size", [0, TOP])
def test_nothing_is_allocated_for_nothing_or_for_what_rounds_to_it(size: int) -> None:
    everything = span(0, TOP)
    assert evaluate(reuse(root(8, 2), everything, word(size)).enabled) == 0
    assert evaluate(fresh(root(8, 2), word(0), everything, 0, word(size)).enabled) == 0


@pytest.mark.parametrize("guard", [0, 4])
def test_a_fresh_block_splits_a_hole_around_itself_and_its_guard(guard: int) -> None:
    seen = 0
    for g in draws(1500):
        first, second = g.randrange(TOP + 1), g.randrange(TOP + 1)
        bounds = ((first, g.randrange(TOP + 1)), (second, g.randrange(TOP + 1)))
        r = root(g.choice((*POWERS, 0)), g.choice((*POWERS, 0)), *bounds, second=g.random() < 0.8)
        lo, size, number = g.randrange(TOP + 1), sizes(g), g.randrange(2)
        last, exists = g.randrange(lo, TOP + 1), g.random() < 0.9
        found = fresh(r, word(guard), span(lo, last, exists), number, word(size))
        granule, a = evaluate(r.granularity), evaluate(r.alignment)
        s = align(size, a)
        n, c, d = align(s, granule), max(lo, bounds[number][0]), min(last, bounds[number][1])
        p, t = align(c, max(granule, a)), n + guard
        usable = bounds[number][0] <= bounds[number][1] and (number == 0 or evaluate(r.second))
        fits = size and size <= s <= n and t <= TOP and c <= p <= d and p + t - 1 <= d
        possible = bool(fits and usable and exists)
        assert bool(evaluate(found.enabled)) is possible
        if possible:
            assert cells(found.before) == {*range(lo, p)}
            assert cells(found.live) == {*range(p, p + s)}
            assert cells(found.block) == {*range(p, p + n)}
            assert cells(found.area) == {*range(p, p + t)}
            assert cells(found.tail) == {*range(p + s, p + n)}
            assert cells(found.after) == {*range(p + t, last + 1)}
        seen += possible
    assert 20 < seen < 1400


def test_a_place_fits_a_hole_where_it_lies_in_hole_and_range() -> None:
    for g in draws(1500):
        lo, p, total = g.randrange(TOP + 1), g.randrange(TOP + 1), g.randrange(1, TOP + 1)
        last, exists = g.randrange(lo, TOP + 1), g.random() < 0.9
        first, end = g.randrange(TOP + 1), g.randrange(TOP + 1)
        chosen = Range.from_bounds(word(first), word(end), inclusive=True)
        allowed = {*range(lo, last + 1)} & {*range(first, end + 1)} if exists else set()
        expected = {*range(p, p + total)} <= allowed
        assert bool(evaluate(fits_hole(span(lo, last, exists), chosen, word(p), word(total)))) is expected


def test_what_is_taken_for_granted_of_rounding_is_so_and_says_something() -> None:
    for g, a, size, lo in product(POWERS, POWERS, (1, 5, 8), (0, 3, 8)):
        r, hole = root(g, a, (2, TOP)), span(lo, TOP)
        for words in (fresh_rounding(r, hole, 0, word(size)), reuse_rounding(r, hole, word(size))):
            assert evaluate(words.facts(r)) == 1
            assert evaluate(words.same(words, r)) == 1
            for field in ("s", "n", "p"):
                other = replace(words, **{field: getattr(words, field) + 1})
                computed = field != "p" or not words.of_block  # the place of a block is anybody's
                assert evaluate(words.same(other, r)) == (not computed)
        s, n, p = align(size, a), align(align(size, a), g), align(max(lo, 2), max(g, a))
        taken = fresh_rounding(r, hole, 0, word(size))
        assert [evaluate(x) for x in (taken.s, taken.n, taken.p)] == [s, n, p]
        again = reuse_rounding(r, hole, word(size))
        assert [evaluate(x) for x in (again.s, again.n, again.p)] == [s, s, align(lo, a)]
        assert evaluate(block_alignment(r)) == max(g, a)


def test_rounding_facts_tell_multiples_from_others() -> None:
    r = root(8, 2)
    for s, n, p in product((4, 5, 8), (8, 16, 12), (8, 4, 2, 3)):
        size = word(s)
        assert bool(evaluate(Rounding(size, size, word(p), of_block=False).facts(r))) is (s % 2 == 0 and p % 2 == 0)
        expected = s % 2 == 0 and n % 8 == 0 and (s % 8 != 0 or n == s)
        assert bool(evaluate(Rounding(size, word(n), word(p)).facts(r))) is expected


def test_a_carved_block_is_any_number_of_granules_that_are_aligned() -> None:
    """Where granularity and alignment differ, of both: else a tail would end at no multiple of the alignment."""
    for g, a, n in product((1, 2, 8), (1, 2, 8), range(4, 25)):
        r = replace(root(g, a), carved=TRUE)
        words, computed = (Rounding(word(8), word(length), word(8)) for length in (n, 8))
        whole = n % g == 0 and n % a == 0
        assert bool(evaluate(words.facts(r))) is whole
        assert bool(evaluate(words.same(computed, r))) is whole
        assert evaluate(words.same(replace(computed, s=word(9)), r)) == 0
        again = [replace(of, of_block=False) for of in (words, computed)]
        assert bool(evaluate(again[0].same(again[1], r))) is (n == 8), "reuse makes no block"


# -- clauses ---------------------------------------------------------------------------------------------------------


def extents(count: int, guard: int = 0) -> Iterator[Extent]:
    """Extents in blocks; now and then one that is out of order or sticks out."""
    for g in draws(count):
        lo, last, first, end = sorted(g.randrange(TOP + 1) for _ in range(4)) if g.random() < 0.8 else g.choices(
            range(TOP + 1), k=4)  # fmt: skip
        block, inner = (span(lo, end), span(last, first, g.random() < 0.9)) if g.random() < 0.9 else (
            span(last, first), span(lo, end))  # fmt: skip
        yield Extent("e", root(8, 2, (4, 19), (22, 29)), inner, block, word(guard), truth(g.random() < 0.5))


@pytest.mark.parametrize("guard", [0, 4])
def test_an_extent_is_judged_by_its_block_its_range_and_its_alignment(guard: int) -> None:
    seen: dict[str, set[bool]] = {clause.name: set() for clause in (IN_BLOCK, IN_RANGE, ALIGNED, BLOCK_ALIGNED)}
    for e in extents(700, guard):
        lo, last, first, end = (evaluate(x) for x in (e.span.lo, e.span.last, e.block.lo, e.block.last))
        exists, area = evaluate(e.exists), end + guard
        expected = {
            IN_BLOCK.name: first <= lo <= last <= end and area <= TOP,
            IN_RANGE.name: (first >= 4 and area & TOP <= 19) or (first >= 22 and area & TOP <= 29),
            ALIGNED.name: lo % 2 == 0 and (last + 1) % 2 == 0,
            BLOCK_ALIGNED.name: first % 8 == 0 and (end + 1) % 8 == 0,
        }
        for clause in (IN_BLOCK, IN_RANGE, ALIGNED, BLOCK_ALIGNED):
            assert bool(evaluate(clause.of(e))) is (not exists or expected[clause.name]), clause.name
            seen[clause.name].add(expected[clause.name])
    assert all(found == {False, True} for found in seen.values())


def test_two_extents_are_apart_in_their_block_or_their_areas_are() -> None:
    for x, y in pairwise(extents(1200, guard=2)):
        if evaluate(IN_BLOCK.of(x)) and evaluate(IN_BLOCK.of(y)) and evaluate(x.exists) and evaluate(y.exists):
            areas = not cells(x.area) & cells(y.area)
            same, here = cells(x.block) == cells(y.block), not cells(x.span) & cells(y.span)
            assert bool(evaluate(APART.of(x, y))) is (areas or (same and here))
            assert evaluate(ROOTS_APART.of(x, y)) == (x.pool is y.pool or areas)
            other = replace(y, block=x.block)
            assert bool(evaluate(APART.of(x, other))) is (not (cells(x.span) & cells(other.span)))
            near = max(cells(x.span)) + 1 == min(cells(y.span)) or max(cells(y.span)) + 1 == min(cells(x.span))
            both = bool(evaluate(x.free) and evaluate(y.free))
            assert bool(evaluate(FREE_APART.of(x, other))) is (not (both and near))
            assert evaluate(FREE_APART.of(x, y)) == (not (both and near and same))


def test_holes_are_apart_from_areas_and_each_other_and_do_not_touch() -> None:
    for x, y in product(spans(), spans()):
        h, k = Hole("h", x), Hole("k", y)
        e = Extent("e", root(), y, y, word(0), TRUE)
        both = evaluate(x.exists) and evaluate(y.exists)
        meet, near = cells(x) & cells(y), evaluate(touches(x, y)) or evaluate(touches(y, x))
        assert bool(evaluate(HOLE_APART.of(h, e))) is (not (both and meet))
        assert bool(evaluate(HOLES_APART.of(h, k))) is (not (both and meet))
        assert bool(evaluate(HOLES_SEPARATE.of(h, k))) is (not near)
        assert evaluate(HOLE_ORDERED.of(h)) == 1
    assert evaluate(HOLE_ORDERED.of(Hole("h", span(5, 4)))) == 0
    assert evaluate(HOLE_ORDERED.of(Hole("h", span(5, 4, False)))) == 1


def test_a_clause_says_nothing_of_elements_of_other_kinds() -> None:
    h, e = Hole("h", span(5, 4)), next(iter(extents(1)))
    nothing: list[tuple[Clause, tuple[Element, ...]]] = [
        (IN_BLOCK, (h,)), (IN_BLOCK, (e, e)), (HOLE_ORDERED, (e,)), (HOLE_APART, (e, h)), (APART, (e,)),
        (APART, (e, h)),
        (HOLES_APART, (h,)), (HOLES_SEPARATE, (h, e)), (FREE_APART, (h, h)),
    ]  # fmt: skip
    assert all(clause.of(*elements) is TRUE for clause, elements in nothing)
    assert {clause.name for clause in SEPARATION} == {
        "extents lie in their block", "extents are apart", "holes are not empty", "holes are apart from areas",
        "holes are apart", "areas of others are not empty", "areas of others are apart from areas of blocks",
        "areas of others are apart from holes", "areas of others are apart",
    }  # fmt: skip


# -- transitions -----------------------------------------------------------------------------------------------------

SCENE = Scene(root(8, 2, (0, TOP), (0, TOP)), word(4), word(2), W)


def concrete(term: Term, values: dict[str, int]) -> Term:
    return substitute(term, values)


def put(s: Span, values: dict[str, int]) -> Span:
    return Span(concrete(s.lo, values), concrete(s.last, values), concrete(s.exists, values))


def chosen(transition: Transition, g: random.Random) -> dict[str, int]:
    """Values for every variable of the operation: intervals in order, neighbours that often touch, rounded words."""
    elements = (*transition.consumed, *transition.gives)
    names = {n for e in elements for n in _names(e)} | set(variables(transition.enabled))
    for produced in transition.produced:
        names |= set(_names(produced))
    values = {
        name: g.randrange(2) if "exists" in name or name.endswith("free") else g.randrange(TOP + 1) for name in names
    }
    a, b, c, d = sorted(g.sample(range(TOP - 1), 4))
    for name in ("free", "hole", "freed", "whole", "area"):
        values |= {
            f"{name}.lo": b,
            f"{name}.last": c,
            f"{name}.block.lo": g.choice((a, b)),
            f"{name}.block.last": g.choice((c, d)),
        }
    area = values["whole.block.last"] + 2 if transition.unmaps else c
    below = values["whole.block.lo"] if transition.unmaps else b
    values |= {"below.lo": g.randrange(below + 1), "below.last": below - g.choice((1, 1, 1, 2)) & TOP}
    values |= {"above.lo": area + g.choice((1, 1, 1, 2)) & TOP, "above.last": g.randrange(area, TOP + 1)}
    if transition.name == "others take":
        first = g.choice((a, b, b + 1))
        values |= {"area.lo": first, "area.last": g.choice((c, d, first, first + 1))}
    s = 2 * g.randrange(1, 5)
    return values | {"s": s, "n": -(-s // 8) * 8, "p": g.choice((8 * (b // 8 + 1), 2 * (b // 2 + 1), b)) & TOP}


def _names(element: Element) -> Iterator[str]:
    terms = [element.span.lo, element.span.last, element.span.exists]
    if isinstance(element, Extent):
        terms += [element.block.lo, element.block.last, element.free]
    yield from variables(*terms)


def happening(transition: Transition, count: int) -> Iterator[dict[str, int]]:
    """Values with which the operation happens, from a state that has the invariant."""
    for g in draws(count):
        values = chosen(transition, g)
        live = [_put(e, values) for e in transition.consumed]
        known = all(evaluate(c.of(e)) for c in SEPARATION for e in live) and all(
            evaluate(c.of(x, y)) for c in SEPARATION for x in live for y in live if x is not y
        )
        if known and evaluate(transition.enabled, values):
            yield values


def _put(element: Element, values: dict[str, int]) -> Element:
    if isinstance(element, Hole | Foreign):
        return replace(element, span=put(element.span, values))
    assert isinstance(element, Extent)
    return replace(
        element, span=put(element.span, values), block=put(element.block, values), free=concrete(element.free, values)
    )


OPERATIONS = {
    "alloc by reuse": ["free", "left", "live", "right"],
    "alloc from range 0": ["hole", "before", "live", "tail", "after"],
    "alloc from range 1": ["hole", "before", "live", "tail", "after"],
    "free": ["below", "freed", "above", "merged"],
    "give back": ["below", "whole", "above", "merged"],
    "others take": ["hole", "before", "taken", "after"],
    "others return": ["below", "returned", "above", "merged"],
    "fill or seal": ["kept", "kept"],
}


def test_the_operations_are_those_of_the_semantics() -> None:
    found = {t.name: [e.name for e in (*t.consumed, *t.produced)] for t in transitions(SCENE)}
    assert found == OPERATIONS
    assert [t.name for t in transitions(SCENE) if t.rounding] == list(OPERATIONS)[:3]
    assert [t.name for t in transitions(SCENE) if t.unmaps] == ["give back"]
    assert [[e.name for e in t.gives] for t in transitions(SCENE)] == [
        [],
        [],
        [],
        ["freed"],
        ["area"],
        [],
        ["area"],
        [],
    ]


def test_what_is_given_back_is_joined_with_neighbours_that_touch_it() -> None:
    for root_ in (SCENE.pool, root(2, 2)):
        *_, free, back, _, returned, keep = transitions(replace(SCENE, pool=root_))
        assert keep.enabled is TRUE
        met = set()
        for transition in (free, back, returned):
            for g in draws(400):
                values = chosen(transition, g)
                below, given, above = (_put(e, values) for e in transition.consumed)
                middle = _area(given) if transition is back else given.span
                near = [not evaluate(e.exists) or evaluate(touches(*pair)) for e, pair in (
                    (below, (below.span, middle)), (above, (middle, above.span)),
                )]  # fmt: skip
                alone = not evaluate(root_.reuses) or (
                    isinstance(given, Extent) and evaluate(given.span.same(given.block))
                )
                able = {"free": evaluate(root_.reuses), "give back": alone}.get(transition.name, True)
                expected = all(near) and bool(able)
                assert bool(evaluate(transition.enabled, values)) is expected
                met.add((transition.name, expected))
        assert {(name, able) for name in ("give back", "others return") for able in (True, False)} <= met


def _area(element: Element) -> Span:
    assert isinstance(element, Extent)
    return element.area


def test_neighbours_may_be_there_or_not_and_what_is_freed_is() -> None:
    *_, free, back, _, returned, _ = transitions(SCENE)
    for transition in (free, back, returned):
        below, given, above = transition.consumed
        assert [str(e.exists) for e in (below, given, above)] == ["below.exists", str(TRUE), "above.exists"]
    assert isinstance(back.consumed[1], Extent) and str(back.consumed[1].free) == "whole.free"
    assert back.unmaps is back.consumed[1] and free.gives == (free.consumed[1],)


def test_a_scenes_words_are_named_after_what_they_are_of() -> None:
    assert (SCENE.word("x").name, SCENE.word("x").bits) == ("x", W)
    some = SCENE.extent("e", FALSE)
    names = [term.name for term in (some.span.lo, some.span.last, some.block.lo, some.block.last)]
    assert names == ["e.lo", "e.last", "e.block.lo", "e.block.last"]
    assert (some.name, some.pool, some.guard, some.free) == ("e", SCENE.pool, SCENE.guard, FALSE)
    part = SCENE.part("p", span(1, 2), span(1, 4), TRUE)
    assert (part.name, part.pool, part.span, part.block, part.guard, part.free) == (
        "p", SCENE.pool, span(1, 2), span(1, 4), SCENE.guard, TRUE,
    )  # fmt: skip
    other = root(2, 2)
    assert SCENE.extent("e", FALSE, span(1, 4), other).pool is other
    assert SCENE.extent("e", FALSE, span(1, 4)).block == span(1, 4)
    for block, names in ((True, ["s", "n", "p"]), (False, ["s", "s", "p"])):
        words = SCENE.rounding(block)
        assert [term.name for term in (words.s, words.n, words.p)] == names


@pytest.mark.parametrize("name", list(OPERATIONS)[:-1])
def test_an_operation_cuts_the_same_addresses_another_way(name: str) -> None:
    transition = next(t for t in transitions(SCENE) if t.name == name)
    assert transition.tilings
    met = 0
    for values in happening(transition, 900):
        for tiling in transition.tilings:
            before = [cells(put(s, values)) for s in tiling.before]
            after = [cells(put(s, values)) for s in tiling.after]
            assert set().union(*before) == set().union(*after)
            assert sum(map(len, after)) == len(set().union(*after))
        met += 1
    assert met > 5


@pytest.mark.parametrize("name", list(OPERATIONS)[:-1])
def test_what_an_operation_produces_has_the_invariant(name: str) -> None:
    transition = next(t for t in transitions(SCENE) if t.name == name)
    for values in happening(transition, 500):
        made = [_put(e, values) for e in transition.produced]
        assert all(evaluate(clause.of(e)) for clause in SEPARATION for e in made)
        pairs = [(x, y) for x in made for y in made if x is not y]
        assert all(evaluate(clause.of(x, y)) for clause in SEPARATION for x, y in pairs)
        live = next((e for e in made if e.name == "live"), None)
        if live:
            assert len(cells(live.span)) == values["s"]
            assert min(cells(live.span)) == values["p"]


def test_what_is_produced_is_free_where_it_may_be_allocated_again() -> None:
    free = {t.name: {e.name: e.free for e in t.produced if isinstance(e, Extent)} for t in transitions(SCENE)}
    assert free["alloc by reuse"] == {"left": TRUE, "live": FALSE, "right": TRUE}
    assert free["alloc from range 0"] == {"live": FALSE, "tail": TRUE}
    assert free["free"] == {"merged": TRUE}
    single = replace(SCENE, pool=root(2, 2))
    padded = next(t for t in transitions(single) if t.name == "alloc from range 0")
    assert [e.free for e in padded.produced if isinstance(e, Extent)] == [FALSE, FALSE]
    consumed = {t.name: [e.free for e in t.consumed if isinstance(e, Extent)] for t in transitions(SCENE)}
    assert consumed["alloc by reuse"] == [TRUE]
    assert consumed["free"] == [TRUE, FALSE, TRUE]
    assert consumed["fill or seal"] == [FALSE]


def test_a_free_element_beside_what_is_given_back_is_one_of_the_neighbours_found() -> None:
    freed, back = (next(t for t in transitions(SCENE) if t.name == name) for name in ("free", "give back"))
    values = {"freed.lo": 8, "freed.last": 11, "freed.block.lo": 4, "freed.block.last": 19}
    values |= {"whole.lo": 8, "whole.last": 9, "whole.block.lo": 8, "whole.block.last": 9, "whole.free": 0}
    block, elsewhere = span(4, 19), span(20, 27)
    for (lo, last), free, home in product([(4, 7), (4, 6), (12, 13), (13, 14)], (True, False), (block, elsewhere)):
        other = Extent("o", SCENE.pool, span(lo, last), home, word(2), truth(free))
        found = (last == 7 or lo == 12) and free and home is block
        assert evaluate(looked_up(freed, other), values) == (not found)
        assert evaluate(looked_up(freed, Hole("o", span(lo, last))), values) == 1
    for lo, last, near in ((4, 7, True), (4, 6, False), (12, 13, True), (13, 14, False)):
        assert evaluate(looked_up(back, Hole("o", span(lo, last))), values) == (not near)
        assert evaluate(looked_up(back, Hole("o", span(lo, last, False))), values) == 1
    for home, gone in ((span(8, 9), True), (span(8, 10), False), (span(4, 7), False)):
        other = Extent("o", SCENE.pool, span(8, 8), home, word(2), TRUE)
        assert evaluate(looked_up(back, other), values) == (not gone)


def test_a_probe_is_held_as_often_before_as_after() -> None:
    one, two, twice = span(2, 5), span(6, 9), span(5, 9)
    for before, after, wrong in (
        ([one, two], [span(2, 9)], set()), ([one, two], [span(2, 8)], {9}), ([span(2, 9)], [one, twice], {5}),
        ([span(2, 9)], [one, span(7, 9)], {6}), ([one], [span(1, 5)], {1}),
    ):  # fmt: skip
        formula = {n: same_cover(Tiling("t", tuple(before), tuple(after)), word(n)) for n in range(TOP + 1)}
        assert {n for n in formula if not evaluate(formula[n])} == wrong
