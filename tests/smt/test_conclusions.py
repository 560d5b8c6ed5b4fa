"""What each theorem concludes, and from what: on drawn words, against the same computed on numbers.

Without it, a conclusion could say less than its rule, and be proved all the same.

What a clause says of an extent is for test_relations.py; here it is which clauses are known, of which extents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations_with_replacement, product

import pytest

from modalloc_model.designs.arbiter.symbolic import fits_hole
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail import room, theorems
from modalloc_model.designs.mail.invariants import (
    ALIGNED,
    APART,
    BLOCK_ALIGNED,
    FREE_APART,
    IN_BLOCK,
    IN_RANGE,
    ROOTS_APART,
    SEPARATION,
)
from modalloc_model.designs.mail.operations import Rounding, fresh, fresh_rounding, reuse, reuse_rounding
from modalloc_model.designs.mail.theorems import PREMISES, THEOREMS
from modalloc_model.designs.mail.transitions import Scene, scene_of
from modalloc_model.params import Assumptions, ParamSet, Protection
from modalloc_model.smt.induction import Obligation
from modalloc_model.words import FALSE, TRUE, Term, evaluate, proposition, variables
from tests.properties.toy import PAGE, PMD, TOP, alloc_type, region, table, word
from tests.smt.values import (
    drawn,
    extent,
    fits,
    make_arbitrary,
    of_extents,
    ordered,
    power,
    said,
    span,
    up,
    values_of,
)

OVER_ALL = 250  # drawn values for each conclusion


def two_roots(alignment: int = PAGE, sections: dict[str, str] | None = None, **assume: object) -> ParamSet:
    a = alloc_type("a", 0, granularity=PMD, alignment=alignment, ranges=[(0x20, 0x7F), (0x90, 0xBF)], protection="rwx")
    b = alloc_type("b", 1, granularity=PAGE, alignment=PAGE, ranges=[(0x60, 0x9F), (0xA0, 0xFF)], seals=True)
    return table(a, b, sections=sections, assume=Assumptions(guard="page", **assume))  # type: ignore[arg-type]


def conclusions(rule: str, params: ParamSet, number: int = 0, premises: bool = False) -> dict[str, Obligation]:
    found = (PREMISES if premises else THEOREMS)[rule](Matter(params, params.types[number]))
    return {o.name: o for o in found if o.kind == "conclusion"}


def test_an_extent_lies_in_a_usable_range() -> None:
    for second in (True, False):
        params = table(alloc_type("a", ranges=[(0x20, 0x7F), (0x90, 0xBF)], second=second))
        root, seen = params.types[0], set()
        (found,) = conclusions("RNG004", params).values()
        for values in map(ordered, drawn(OVER_ALL, of_extents("one"))):
            one, lo, last = extent(values, "one", root, word(0)), values["one.lo"], values["one.last"]
            assert values_of(found.hypotheses, values) == said((IN_BLOCK, IN_RANGE), one)
            inside = (lo >= 0x20 and last <= 0x7F) or (second and lo >= 0x90 and last <= 0xBF)
            assert bool(evaluate(found.goal, values)) is inside
            seen.add(inside)
        assert seen == {False, True}


def test_two_extents_are_apart_within_a_root_and_across_roots() -> None:
    for arbiter in ("shared", "private"):
        params = two_roots(arbiter=arbiter)
        a, b = params.types
        (within,) = conclusions("OVL001", params).values()
        (across,) = conclusions("OVL002", params).values()
        assert (within.name, across.name) == ("two extents are apart", "blocks of a and b are apart")
        for values in map(ordered, drawn(OVER_ALL, of_extents("one", "two"))):
            one, two, other = (
                extent(values, *of, params.guard) for of in (("one", a), ("two", a), ("two", b))
            )  # fmt: skip
            apart = bool(evaluate(one.span.apart(two.span)))
            assert values_of(within.hypotheses, values) == said((IN_BLOCK, APART), one, two)
            one_arbiter = arbiter == "private" or bool(evaluate(ROOTS_APART.of(one, other)))
            known = said((IN_BLOCK, IN_RANGE), one, other)
            assert values_of(across.hypotheses, values) == {**known, "one arbiter": one_arbiter}
            blocks = bool(evaluate(one.block.apart(two.block)))
            assert [bool(evaluate(o.goal, values)) for o in (within, across)] == [apart, blocks]


def pages(lo: int, last: int) -> tuple[int, int]:
    return lo // PAGE * PAGE, last // PAGE * PAGE + PAGE - 1


@pytest.mark.parametrize("alignment", [2, PAGE])
@pytest.mark.parametrize("arbiter", ["shared", "private"])
def test_who_else_can_have_bytes_in_a_page(alignment: int, arbiter: str) -> None:
    params = two_roots(alignment, arbiter=arbiter)
    a, b = params.types
    found = conclusions("OVL003", params, premises=True)
    assert list(found) == [
        "pages lie in the block", "no other block has bytes in them", "b has no block with bytes in pages of a",
        *(["extents are whole pages"] if alignment == PAGE else []),
    ]  # fmt: skip
    for values in map(ordered, drawn(OVER_ALL, of_extents("one", "two"))):
        one, two, other = (extent(values, *of, params.guard) for of in (("one", a), ("two", a), ("two", b)))
        first, last = pages(values["one.lo"], values["one.last"])
        lo, end = values["one.block.lo"], values["one.block.last"]
        away = not (first <= values["two.block.last"] and values["two.block.lo"] <= last)
        same = (lo, end) == (values["two.block.lo"], values["two.block.last"])
        goals = [lo <= first and last <= end, same or away, away]
        whole = (first, last) == (values["one.lo"], values["one.last"])
        goals += [whole] if alignment == PAGE else []
        assert [bool(evaluate(o.goal, values)) for o in found.values()] == goals
        one_arbiter = arbiter == "private" or bool(evaluate(ROOTS_APART.of(one, other)))
        goes_on = arbiter == "shared" or bool(evaluate(one.block.apart(other.block)))
        beside = {"one arbiter": one_arbiter, "the run goes on": goes_on}
        hypotheses = [
            said((IN_BLOCK, BLOCK_ALIGNED), one),
            {**said((BLOCK_ALIGNED,), one), **said((IN_BLOCK, APART), one, two)},
            {**said((BLOCK_ALIGNED,), one), **said((IN_BLOCK,), one, other), **beside},
            {"own pages": True, **said((IN_BLOCK, ALIGNED), one)},
        ]
        assert [values_of(o.hypotheses, values) for o in found.values()] == hypotheses[: len(found)]


def test_the_premises_are_kept_by_every_step() -> None:
    for alignment in (2, PAGE):
        params = two_roots(alignment)
        found = [o for o in PREMISES["ROI001"](Matter(params, params.types[0])) if o.kind != "conclusion"]
        kept = ["alloc by reuse keeps: " + clause.name for clause in (
            *SEPARATION, IN_BLOCK, IN_RANGE, IN_BLOCK, BLOCK_ALIGNED, ROOTS_APART,
            *((IN_BLOCK, BLOCK_ALIGNED, ALIGNED) if alignment == PAGE else ()),
        )]  # fmt: skip
        assert [o.name for o in found if o.name.startswith("alloc by reuse keeps")] == kept
        assert [o.name for o in found if o.kind == "rounding"] == [
            "alloc by reuse rounds", "alloc from range 0 rounds", "alloc from range 1 rounds",
        ]  # fmt: skip
        of_roots = [o for o in found if o.name.endswith(ROOTS_APART.name)]
        assert all(o.hypotheses["one arbiter"] is TRUE for o in of_roots) and len(of_roots) == 9
        steps = [o for o in of_roots if o.kind == "step"]
        assert all(f"others: {clause.name}" in o.hypotheses for o in steps for clause in SEPARATION)
        assert not any("one arbiter" in o.hypotheses for o in found if o not in of_roots)


def test_extents_that_share_a_page_are_protected_alike() -> None:
    sections = {"x.TEXT": "a", "y.DATA": "a", "z.RODATA": "b", "v.TEXT": "a"}
    for alignment, protect in ((2, "by-loader"), (PAGE, "by-loader"), (2, "at-map")):
        params = two_roots(alignment, sections, protect=protect)
        found = conclusions("OVL003", params)
        pairs = list(combinations_with_replacement(("x.TEXT", "y.DATA", "v.TEXT"), 2))
        assert list(found) == [f"{x} and {y} share a page only if protected alike" for x, y in pairs]
        for values in map(ordered, drawn(OVER_ALL // 5, of_extents("one", "two"))):
            one, two = (extent(values, name, params.types[0], params.guard) for name in ("one", "two"))
            own, its = (pages(values[f"{name}.lo"], values[f"{name}.last"]) for name in ("one", "two"))
            whole = all(
                pages(*ends) == ends for ends in ((values[f"{n}.lo"], values[f"{n}.last"]) for n in ("one", "two"))
            )
            known = said((IN_BLOCK, APART), one, two) | {"extents are whole pages": alignment < PAGE or whole}
            for (x, y), o in zip(pairs, found.values(), strict=True):
                alike = protect == "at-map" or x[2:] == y[2:]
                apart = own[1] < its[0] or its[1] < own[0]
                assert values_of(o.hypotheses, values) == known
                assert bool(evaluate(o.goal, values)) is (alike or apart)


@pytest.mark.parametrize("letter", ["r", "w", "x"])
def test_to_be_protected_alike_is_to_allow_the_same(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    params = two_roots(2, {"x.TEXT": "a", "y.DATA": "a"})
    of_one_page = {"one.lo": 0x40, "one.last": 0x40, "two.lo": 0x42, "two.last": 0x43}

    def alike(*letters: str) -> bool:
        given = dict(zip(params.sections, letters, strict=True))
        monkeypatch.setattr(ParamSet, "final_protection", lambda _, section: Protection.of("", given[section]))
        found = conclusions("OVL003", params)["x.TEXT and y.DATA share a page only if protected alike"]
        return bool(evaluate(found.goal, of_one_page))

    assert alike("rwx", "rwx") and alike("---", "---")
    assert not alike("rwx", "rwx".replace(letter, "-"))
    assert not alike(letter, "")


@pytest.mark.parametrize("number", [0, 1])
def test_where_something_is_sealed_extents_are_whole_pages(number: int) -> None:
    params = two_roots(2, {"x.TEXT": "a", "y.DATA": "b"})
    (found,) = conclusions("ROI002", params, number).values()
    for values in map(ordered, drawn(OVER_ALL, of_extents("one"))):
        one = extent(values, "one", params.types[number], params.guard)
        known = {"something is sealed": number == 1, **said((IN_BLOCK, ALIGNED), one)}
        assert values_of(found.hypotheses, values) == known
        ends = (values["one.lo"], values["one.last"])
        assert bool(evaluate(found.goal, values)) is (pages(*ends) == ends)


def test_a_wholly_free_block_is_one_extent() -> None:
    params = two_roots()
    found = conclusions("OVL004", params)["a wholly free block is one extent"]
    assert found.goal is FALSE
    names = [*of_extents("free"), "next.lo", "next.last"]
    seen = set()
    for values in map(ordered, drawn(OVER_ALL, names)):
        free = extent(values, "free", params.types[0], params.guard, TRUE)
        following = extent(values, "next", params.types[0], params.guard, TRUE, "free.block")
        after = (values["free.last"] + 1) & TOP
        early = values["free.last"] != values["free.block.last"] and values["next.lo"] <= after <= values["next.last"]
        known = said((IN_BLOCK, APART, FREE_APART), free, following) | {"ends early": early}
        assert values_of(found.hypotheses, values) == known
        seen.add(early)
    assert seen == {False, True}


def test_what_is_allocated_and_freed_again_leaves_what_was_there() -> None:
    params = two_roots()
    scene, root = scene_of(Matter(params, params.types[0])), params.types[0]
    found = conclusions("OVL004", params)
    again = found["free undoes alloc by reuse"]
    for values in map(
        ordered, drawn(OVER_ALL, ["free.lo", "free.last", "hole.lo", "hole.last", "size", "s", "n", "p"])
    ):
        s, n, p, free, hole = (
            word(values["s"]),
            word(values["n"]),
            word(values["p"]),
            span(values, "free"),
            span(values, "hole"),
        )
        split = reuse(root, free, word(values["size"]), Rounding(s, s, p))
        known = {"alloc": bool(evaluate(split.enabled)), "free": values["free.lo"] <= values["free.last"]}
        assert values_of(again.hypotheses, values) == known
        lo = values["free.lo"] if values["free.lo"] < values["p"] else values["p"]
        end = (values["p"] + values["s"] - 1) & TOP
        last = values["free.last"] if end < values["free.last"] else end
        assert bool(evaluate(again.goal, values)) is ((lo, last) == (values["free.lo"], values["free.last"]))
        for number in (0, 1):
            o = found[f"free undoes alloc from range {number}"]
            new = fresh(root, scene.guard, hole, number, word(values["size"]), Rounding(s, n, p))
            known = {"alloc": bool(evaluate(new.enabled)), "hole": values["hole.lo"] <= values["hole.last"]}
            assert values_of(o.hypotheses, values) == known
            restored = (
                min(values["hole.lo"], values["p"]),
                max(values["hole.last"], (values["p"] + values["n"] + PAGE - 1) & TOP),
            )
            live, block = (values["p"] + values["s"] - 1) & TOP, (values["p"] + values["n"] - 1) & TOP
            whole = max(live, block) == block
            wanted = whole and restored == (values["hole.lo"], values["hole.last"])
            assert bool(evaluate(o.goal, values)) is wanted


# -- where ALIGN's place is taken by something else --------------------------------------------------------------------


@pytest.fixture
def arbitrary(monkeypatch: pytest.MonkeyPatch) -> None:
    make_arbitrary(monkeypatch, theorems)


def masks(x: int, a: int) -> bool:
    return not power(a) or fits(x, a) is (x % a == 0)


def least(x: int, q: int, a: int) -> bool:
    return not (power(a) and fits(q, a) and x <= q) or x <= up(x, a) <= q


STEPS = [(PMD, PAGE), (PAGE, 6), (5, 7), (12, 9), (8, 2), (3, 3)]


@pytest.mark.usefixtures("arbitrary")
@pytest.mark.parametrize(("granularity", "alignment"), STEPS)
def test_extents_are_multiples(granularity: int, alignment: int) -> None:
    params = table(alloc_type("r", granularity=granularity, alignment=alignment))
    (found,) = conclusions("ALN004", params).values()
    for values in map(ordered, drawn(OVER_ALL // 3, ["one.lo", "one.last"])):
        one = extent(values | {"one.block.lo": 0, "one.block.last": 0}, "one", params.types[0], params.guard)
        known = said((ALIGNED,), one) | {"masks find multiples": masks(values["one.lo"], alignment)}
        assert values_of(found.hypotheses, values) == known
        assert bool(evaluate(found.goal, values)) is (values["one.lo"] % alignment == 0)


@pytest.mark.usefixtures("arbitrary")
@pytest.mark.parametrize(("granularity", "alignment"), STEPS)
def test_the_place_that_is_tried_is_the_least_that_would_do(granularity: int, alignment: int) -> None:
    params = table(alloc_type("r", granularity=granularity, alignment=alignment, ranges=[(0x20, 0xC0), (0x40, 0xF0)]))
    root, found = params.types[0], conclusions("CMP001", params)
    passed = [f"the search passes over no hole of range {number}" for number in (0, 1)]
    assert list(found) == ["reuse finds it", "range 0 finds it", passed[0], "range 1 finds it", passed[1]]
    for values in map(ordered, drawn(OVER_ALL // 2, ["free.lo", "free.last", "size", "q"])):
        free, size, q = span(values, "free"), word(values["size"]), values["q"]
        s, lo, last = evaluate(reuse_rounding(root, free, size).s), values["free.lo"], values["free.last"]
        room = lo <= q <= last and (s - 1) & TOP <= last - q
        would_do = granularity > alignment and 0 < values["size"] <= s and q % alignment == 0 and room
        known = {
            "some place would do": would_do,
            "lemma": least(lo, q, alignment),
            "masks find multiples": masks(q, alignment),
        }
        assert values_of(found["reuse finds it"].hypotheses, values) == known
        assert evaluate(found["reuse finds it"].goal, values) == evaluate(reuse(root, free, size).enabled)
    for values in map(ordered, drawn(OVER_ALL // 2, ["hole.lo", "hole.last", "total", "q"])):
        for number, (first, end) in enumerate(((0x20, 0xC0), (0x40, 0xF0))):
            o, larger, q = found[f"range {number} finds it"], max(granularity, alignment), values["q"]
            lowest, highest = max(values["hole.lo"], first), min(values["hole.last"], end)
            room = lowest <= q <= highest and (values["total"] - 1) & TOP <= highest - q
            known = {
                "some place would do": q % larger == 0 and room, "lemma": least(lowest, q, larger),
                "larger": not (power(granularity) and power(alignment)) or power(larger),
                "masks find multiples": masks(q, larger),
            }  # fmt: skip
            assert values_of(o.hypotheses, values) == known
            hole, chosen = span(values, "hole"), root.ranges[number]
            p = fresh_rounding(root, hole, number, word(values["hole.lo"])).p
            assert evaluate(o.goal, values | {"size": 1}) == evaluate(fits_hole(hole, chosen, p, word(values["total"])))


@pytest.mark.usefixtures("arbitrary")
def test_the_lemmas_of_completeness_are_of_each_power_of_two() -> None:
    params = table(alloc_type("r"))
    found = {o.name: o for o in THEOREMS["CMP001"](Matter(params, params.types[0])) if o.kind != "conclusion"}
    assert {o.kind for o in found.values()} == {"lemma"}
    sizes = [1 << k for k in range(8)]
    assert [n for n in found if n.startswith("ALIGN")] == [f"ALIGN to {size} is least" for size in sizes]
    assert "a mask of a power of two finds multiples" in found
    larger = found["the larger of two powers is one"]
    for values in drawn(OVER_ALL, ["x", "q", "any g", "any a"]):
        x, q, g, a = (values[name] for name in ("x", "q", "any g", "any a"))
        for size in sizes:
            o = found[f"ALIGN to {size} is least"]
            assert values_of(o.hypotheses, values) == {"q": fits(q, size) and x <= q}
            assert bool(evaluate(o.goal, values)) is (x <= up(x, size) <= q)
        assert values_of(larger.hypotheses, values) == {"powers": power(g) and power(a)}
        assert bool(evaluate(larger.goal, values)) is power(max(g, a))


# -- room, seals, init -------------------------------------------------------------------------------------------------


def test_what_is_said_of_a_place_is_of_its_start_and_of_the_hole_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"hole.lo": 0x44, "hole.last": 0x60}

    def named(kind: str) -> Callable[..., Term]:
        return lambda *terms: proposition(f"{kind} {' '.join(str(evaluate(t, values)) for t in terms)}")

    for name in ("is_either", "larger_is_power", "is_multiple_up", "is_least"):
        monkeypatch.setattr(room, name, named(name))
    monkeypatch.setattr(room, "aligned", lambda x, a: x + a)
    root = alloc_type("r", granularity=PMD, alignment=PAGE, ranges=[(0x40, 0x7F), (0x10, 0x1F)])
    params = table(root, registered=(region("x", 0x50, 0x53),))
    *rooms, clear = conclusions("RNG001", params).values()
    assert (clear.name, clear.hypotheses) == ("some place is clear", {})
    starts = {
        "range 0 has room from its start on": (0x40, 0x40),
        "range 0 has room from x on": (0x40, 0x54),
        "range 1 has room from its start on": (0x10, 0x10),
        "range 1 has room from x on": (0x10, 0x54),
    }
    assert [o.name for o in rooms] == list(starts)
    for o, (first, start) in zip(rooms, starts.values(), strict=True):
        expected = {"is_either 16 4 16", "larger_is_power 16 4", f"is_multiple_up {start} 16"}
        expected.add(f"is_least {max(0x44, first)} {start + 16} 16")
        assert set(variables(o.hypotheses["multiples"])) == expected


def test_a_place_lies_in_a_hole_that_holds_its_block_and_the_guard() -> None:
    root = alloc_type("r", granularity=8, alignment=4, ranges=[(0x41, 0x7F)])
    taken = (region("x", 0x50, 0x53), replace(region("nothing", 0x40, 0x4F), nonempty=FALSE))
    params = table(root, registered=taken, assume=Assumptions(guard="page"))
    found = conclusions("RNG001", params)
    room = found["range 0 has room from x on"]
    assert evaluate(room.hypotheses["place"]) == 1
    for lo, last in product((0x40, 0x57, 0x58, 0x59), (0x62, 0x63, 0x64)):
        inside = lo <= 0x58 and last >= 0x58 + 8 + PAGE - 1
        assert bool(evaluate(room.hypotheses["hole"], {"hole.lo": lo, "hole.last": last})) is inside
        if inside:
            assert evaluate(room.goal, {"hole.lo": lo, "hole.last": last}) == 1
    assert evaluate(found["range 0 has room from its start on"].hypotheses["place"]) == 0  # the guard would be on x
    assert evaluate(found["some place is clear"].goal) == 1


def test_a_number_that_is_no_power_of_two_is_tried_in_the_holes_themselves() -> None:
    for alignment, name in ((6, "the first allocation succeeds"), (8, "some place is clear")):
        root = alloc_type("r", granularity=8, alignment=alignment, ranges=[(0x40, 0x7F)])
        found = conclusions("RNG001", table(root, registered=(region("x", 0x50, 0x53),)))
        assert list(found)[-1] == name
        assert evaluate(found[name].goal) == 1


def test_the_first_allocation_succeeds_where_nothing_is_registered() -> None:
    for taken in (
        [],
        [(0x10, 0x1F)],
        [(0x10, 0x1F), (0x20, 0x2F)],
        [(0, 0xF)],
        [(0xF0, TOP)],
        [(0, 0xF), (0xF0, TOP)],
        [(0x40, 0x4F), (0x10, 0x1F)],
        [(0x40, 0x4C), (0x13, 0x20)],
    ):
        registered = [region(f"t{n}", *t) for n, t in enumerate(taken)]
        registered.insert(1, replace(region("nothing", 0x62, 0x69), nonempty=FALSE))
        busy = {n for lo, last in taken for n in range(lo, last + 1)}
        for lo in range(0, TOP, 8):  # each has room for one granule: ALIGN to 6 of one byte gives 2
            root = alloc_type("r", granularity=8, alignment=6, ranges=[(lo, lo + 7)])
            (found,) = conclusions("RNG001", table(root, registered=tuple(registered))).values()
            assert bool(evaluate(found.goal)) is busy.isdisjoint(range(lo, lo + 8)), (taken, lo)


def test_written_data_has_no_sealed_neighbour_in_its_pages() -> None:
    for alignment, seals, protect, others in (
        (2, False, "at-map", "DATA"), (2, True, "at-map", "TEXT"), (PAGE, True, "at-map", "TEXT"),
        (2, False, "by-loader", "RODATA_AFTER_INIT"), (2, False, "at-map", "RODATA_AFTER_INIT"),
    ):  # fmt: skip
        root = alloc_type("a", granularity=PMD, alignment=alignment, seals=seals)
        params = table(root, sections={"x.DATA": "a", f"y.{others}": "a"}, assume=Assumptions(protect))
        matter = Matter(params, params.types[0], params.sections[0])
        written, neighbour = THEOREMS["MAP007"](matter)
        assert (written.goal, values_of(written.hypotheses, {})) == (FALSE, {"sealed": seals})
        assert (written.name, neighbour.name) == (
            "written data is sealed", "a neighbour that is sealed has pages of its own",
        )  # fmt: skip
        something = seals or (protect == "by-loader" and others == "RODATA_AFTER_INIT")
        assert bool(evaluate(neighbour.goal)) is (not something or alignment == PAGE)
        assert not neighbour.hypotheses


@pytest.mark.parametrize("claims", [(), ("strict-rwx",)])
@pytest.mark.parametrize("seals", [False, True])
def test_late_data_is_sealed_where_that_is_claimed(claims: tuple[str, ...], seals: bool) -> None:
    params = table(
        alloc_type("a", seals=seals), sections={"x.RODATA_AFTER_INIT": "a"}, assume=Assumptions(claims=claims)
    )
    (found,) = THEOREMS["MAP007"](Matter(params, params.types[0], params.sections[0]))
    assert (found.name, found.kind, found.goal) == ("late data is left writable", "conclusion", FALSE)
    assert values_of(found.hypotheses, {}) == {"strict": bool(claims), "left": not seals}


def test_an_init_section_is_not_sealed() -> None:
    for seals in (False, True):
        params = table(alloc_type("a", seals=seals), sections={"x.INITTEXT": "a"})
        (found,) = THEOREMS["ROI005"](Matter(params, params.types[0], params.sections[0]))
        assert (found.goal, values_of(found.hypotheses, {})) == (FALSE, {"sealed": seals})


def test_a_matters_scene_is_its_root_with_the_machines_page_and_the_guard() -> None:
    params = two_roots()
    assert scene_of(Matter(params, params.types[1])) == Scene(params.types[1], word(PAGE), word(PAGE), 8)
