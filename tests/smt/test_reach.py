"""The theorems of reach: what each lemma says, which instances are used, and for which places and targets.

Without it, a lemma could be false, or never used, and reach be proved from nothing.

A lemma about ALIGN is true whatever else it leaves out. So arbitrary functions take ALIGN's place here, and those of
being aligned and of being a power of two: what is left is what the lemma says of them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail import reach as about
from modalloc_model.designs.mail.invariants import Extent
from modalloc_model.designs.mail.theorems import THEOREMS
from modalloc_model.designs.mail.transitions import Scene
from modalloc_model.engine.solvers import settle
from modalloc_model.params import AllocType, Assumptions, ParamSet, Reach, Region
from modalloc_model.smt.induction import Obligation
from modalloc_model.words import FALSE, Term, constant, evaluate, proposition, truth, variable, variables
from tests.properties.toy import BITS, PAGE, PMD, TOP, alloc_type, region, table
from tests.smt.values import drawn, extent, fits, make_arbitrary, of_extents, ordered, power, said, up, values_of


@pytest.fixture
def arbitrary(monkeypatch: pytest.MonkeyPatch) -> None:
    make_arbitrary(monkeypatch, about)
    monkeypatch.setattr(about, "_down", lambda x, a: x * 23 + a * 11 + 9)


def down(x: int, a: int) -> int:
    """In the place of ALIGN_DOWN."""
    return (23 * (x & TOP) + 11 * a + 9) & TOP


def multiple_up(x: int, a: int) -> bool:
    return not power(a) or fits(up(x, a), a)


def least(x: int, q: int, a: int) -> bool:
    p = up(x, a)
    return not (power(a) and fits(q, a) and x <= q) or (x <= p <= q and fits(p, a))


def greatest(x: int, q: int, a: int) -> bool:
    p = down(x, a)
    return not power(a) or (p <= x and (q <= p or not (fits(q, a) and q <= x)))


def multiple(lo: int, last: int, a: int) -> bool:
    given = power(a) and fits(lo, a) and fits(last + 1, a)
    return not given or (fits(last + 1 - lo, a) and (lo > last or (a - 1) & TOP <= last - lo))


def coarser(x: int, a: int, coarse: int) -> bool:
    return not (power(a) and power(coarse) and a <= coarse and fits(x, coarse)) or fits(x, a)


def as_aligned(x: int, a: int, same: int) -> bool:
    return not (a == same and fits(x, a)) or fits(x, same)


def is_larger(a: int, g: int) -> bool:
    return not (power(a) and power(g)) or up(up(1, a), g) == max(g, a)


def either(g: int, page: int, pmd: int) -> bool:
    return g not in (page, pmd) or not (power(page) and power(pmd)) or power(g)


def larger_is_power(g: int, a: int) -> bool:
    return not (power(g) and power(a)) or power(max(g, a))


LEMMAS: list[tuple[Callable[..., Term], Callable[..., bool]]] = [
    (about.is_multiple_up, multiple_up),
    (about.is_least, least),
    (about._is_greatest, greatest),
    (about._is_multiple, multiple),
    (about.is_coarser, coarser),
    (about._is_larger, is_larger),
]


@pytest.mark.usefixtures("arbitrary")
@pytest.mark.parametrize(("lemma", "said"), LEMMAS, ids=lambda f: f.__name__)
def test_a_lemma_says_what_it_should(lemma: Callable[..., Term], said: Callable[..., bool]) -> None:
    names = said.__code__.co_varnames[: said.__code__.co_argcount]
    term, seen = lemma(*(variable(name, BITS) for name in names)), set[bool]()
    for values in drawn(1200, names):
        assert bool(evaluate(term, values)) is said(**values), values
        seen.add(said(**values))
    assert seen == {False, True}


def test_what_equals_a_power_and_the_larger_of_two_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_power(x: Term) -> Term:
        return proposition(f"{x} is" if x.op == "var" else "the larger is")

    monkeypatch.setattr(about, "is_power_of_two", is_power)
    g, page, pmd = (variable(name, BITS) for name in ("g", "page", "pmd"))
    equal, larger = about.is_either(g, page, pmd), about.larger_is_power(g, page)
    for x, y, z in product((3, 4, 5), repeat=3):
        for of_g, of_page, of_pmd, of_larger in product((False, True), repeat=4):
            values = {"g": x, "page": y, "pmd": z, "g is": of_g, "page is": of_page, "pmd is": of_pmd}
            assert bool(evaluate(equal, values)) is (not (x in (y, z) and of_page and of_pmd) or of_g)
            values["the larger is"] = of_larger
            assert bool(evaluate(larger, values)) is (not (of_g and of_page) or of_larger)


@pytest.mark.usefixtures("arbitrary")
def test_each_lemma_is_proved_for_each_power_of_two() -> None:
    found = {o.name: o for o in about.lemmas(BITS)}
    assert {o.kind for o in found.values()} == {"lemma"}
    of_shifts, of_pages = (
        [*(f"{what} by {k} are monotone" for k in range(BITS)), f"other {what} are monotone"]
        for what in ("shifts", "pages")
    )
    assert list(found) == [
        "between regions: a branch", "between regions: a segment", "between regions: a page",
        "between regions: an address", *of_shifts, *of_pages,
        "the larger of two powers is one", "what equals a power of two is one",
        *(f"multiples of {1 << k}" for k in range(BITS)),
    ]  # fmt: skip
    for values in drawn(150, "xyqa"):
        x, y, q, a = (values[name] for name in "xyqa")
        for k in range(BITS):
            p = 1 << k
            facts = (
                multiple_up(x, p), least(x, q, p), greatest(x, q, p), multiple(x, y, p), coarser(x, p, a),
                as_aligned(x, p, a), is_larger(a, p),
            )  # fmt: skip
            assert bool(evaluate(found[f"multiples of {p}"].goal, values)) is all(facts)
        assert bool(evaluate(found["the larger of two powers is one"].goal, values)) is larger_is_power(x, a)
        assert bool(evaluate(found["what equals a power of two is one"].goal, values)) is either(x, y, a)
    for word, names in (("segment bits", of_shifts), ("page bits", of_pages)):
        for k, name in enumerate(names):
            assert list(found[name].hypotheses) == ["size"]
            size = found[name].hypotheses["size"]
            assert {n for n in range(12) if evaluate(size, {word: n})} == ({k} if k < BITS else {*range(8, 12)})
            assert set(variables(found[name].goal)) == {"place", "target", word}
            assert evaluate(found[name].goal, {"place": 9, "target": 12, word: 2}) == 1
            assert settle(found[name].query()).status == "unsat"
    jump = found["between regions: a segment"]
    ends = {f"{name}.{end}" for name in ("places", "targets") for end in ("first", "last")}
    assert (
        set(variables(jump.goal))
        == {*ends, "place", "target", "segment bits"}
        == set(variables(*jump.hypotheses.values()))
    )
    assert set(variables(found["between regions: a branch"].goal)) == {*ends, "place", "target", "lowest", "width"}
    page = set(variables(found["between regions: a page"].goal))
    assert page == {*ends, "place", "target", "lowest", "width", "page bits"}
    address = set(variables(found["between regions: an address"].goal))
    assert address == {*ends, "place", "target", "lowest", "width"}


@pytest.mark.parametrize(("name", "size"), [("a segment", "segment bits"), ("a page", "page bits")])
def test_a_lemma_of_segments_or_pages_stands_on_shifts_being_monotone(name: str, size: str) -> None:
    jump = next(o for o in about.lemmas(BITS) if o.name == f"between regions: {name}")
    assert list(jump.hypotheses) == ["monotone"]
    assert settle(jump.query()).status == "unsat"
    assert size in variables(jump.hypotheses["monotone"])
    values = {"places.first": 8, "place": 9, "places.last": 12, "targets.first": 64, "target": 65, "targets.last": 70}
    assert all(evaluate(jump.hypotheses["monotone"], {**values, size: n}) for n in range(10))


def test_a_lemma_of_branches_or_addresses_stands_alone() -> None:
    found = [o for o in about.lemmas(BITS) if o.name in ("between regions: a branch", "between regions: an address")]
    assert [(len(o.hypotheses), settle(o.query()).status) for o in found] == [(0, "unsat")] * 2


# -- regions as wholes -------------------------------------------------------------------------------------------------


class Asserted(Reach):
    """A branch of which it is open what it covers and names."""

    __slots__ = ()

    def names(self, place: object, target: object, bits: int) -> Term:
        """Open."""
        assert bits == BITS
        return proposition(f"{self.name} names {place} from {target}")

    def covers(self, places: Region, targets: Region) -> Term:
        """Open."""
        return proposition("covers")


def test_a_region_that_is_covered_is_covered_place_by_place() -> None:
    place, target = variable("place", BITS), variable("target", BITS)
    branch = Asserted("b", "relative", ())
    term = about._as_wholes(branch, region("p", 4, 8), region("t", 20, 30), place, target)
    names = f"b names {place} from {target}"
    for p, t, covers, named in product((3, 4, 8, 9), (19, 20, 30, 31), (0, 1), (0, 1)):
        inside = 4 <= p <= 8 and 20 <= t <= 30
        values = {"place": p, "target": t, "covers": covers, names: named}
        assert bool(evaluate(term, values)) is (not (covers and inside) or bool(named))


def test_what_the_theorems_reach_by_is_what_machines_do_with_their_bounds_open() -> None:
    branch, jump, page, address = about.ANY_REACH
    assert all({*reach.targets} == {"kernel", "text", "data"} for reach in about.ANY_REACH)
    assert [reach.kind for reach in about.ANY_REACH] == ["relative", "segment", "page", "absolute"]
    names = ("place", "target", "lowest", "width", "p0", "p1", "t0", "t1")
    for v in drawn(400, names):
        places, targets = (
            Region(n, constant(min(v[f"{n}0"], v[f"{n}1"]), BITS), constant(max(v[f"{n}0"], v[f"{n}1"]), BITS))
            for n in "pt"
        )
        place, target = constant(v["place"], BITS), constant(v["target"], BITS)
        low, high, size = v["lowest"], v["lowest"] + v["width"], v["width"] % 9
        of_pages = {"lowest": low >> size << size, "width": v["width"] | (1 << size) - 1}  # these are whole pages apart
        least, most = of_pages["lowest"], of_pages["lowest"] + of_pages["width"]
        for one, other, bounds in (
            (branch, Reach("r", "relative", (), lowest=low, highest=high), {}),
            (jump, Reach("s", "segment", (), segment_bits=size), {}),
            (page, Reach("p", "page", (), lowest=least, highest=most, page_bits=size), of_pages),
            (address, Reach("a", "absolute", (), lowest=low, highest=high), {}),
        ):
            given = {"lowest": low, "width": v["width"], "segment bits": size, "page bits": size, **bounds}
            mine, its = one.names(place, target, BITS), other.names(place, target, BITS)
            assert evaluate(truth(mine), given) == evaluate(truth(its))
            assert evaluate(truth(one.covers(places, targets)), given) == evaluate(truth(other.covers(places, targets)))


# -- a theorem's conclusions -------------------------------------------------------------------------------------------

SECTIONS = {"x.TEXT": "a", "x.DATA": "b", "x.RODATA_AFTER_INIT": "a", "x.INITRODATA": "b"}
SHORT = Asserted("short", "relative", ("kernel", "text"), instruction=2)
LONG = Asserted("long", "segment", ("text", "data"), instruction=3)


def two_roots(image: Region | None, guard: str = "page") -> ParamSet:
    a = alloc_type("a", 0, granularity=PMD, alignment=PAGE, ranges=[(0x42, 0x7F), (0x90, 0xAF)])
    b = alloc_type("b", 1, granularity=PAGE, alignment=2, ranges=[(0xB1, 0xCE), (0xD0, 0xDF)])
    return table(
        a, b, sections=SECTIONS, assume=Assumptions(guard=guard), image=image, reach=(SHORT, LONG),
    )  # fmt: skip


def conclusions(rule: str, params: ParamSet) -> list[Obligation]:
    found = list(THEOREMS[rule](Matter(params, params.types[0])))
    names = [o.name for o in found]
    assert "multiples of 2" in names and "alloc by reuse rounds" in names
    assert "alloc by reuse keeps: areas lie in a range" in names
    return [o for o in found if o.kind == "conclusion"]


IMAGE = region("image", 0x10, 0x2F)
BY_NAME = {clause.name: clause for clause in about.LIES}


@pytest.mark.parametrize(
    ("rule", "image", "names"),
    [
        ("RCH001", IMAGE, ["short on a reaches the image"]),
        ("RCH001", None, []),
        ("RCH002", IMAGE, ["short on a reaches text of a", "long on a reaches text of a"]),
        ("RCH003", IMAGE, ["long on a reaches data of a", "long on a reaches data of b"]),
    ],
)
def test_targets_lie_in_the_image_or_on_the_roots_that_carry_them(
    rule: str, image: Region | None, names: list[str]
) -> None:
    found = conclusions(rule, two_roots(image))
    assert [o.name for o in found] == names
    invariant = (
        "extents lie in their block", "blocks are aligned", "extents are aligned", "areas lie in a range",
    )  # fmt: skip
    of_named = [*(f"named: {name}" for name in invariant), "target", "multiples of its", "ranges of its"]
    for o in found:
        of_target = ["target"] if rule == "RCH001" else of_named
        assert list(o.hypotheses) == [*invariant, "text", *of_target, "multiples", "regions"]


def test_an_instruction_lies_in_text_and_its_target_where_it_is_said_to() -> None:
    (kernel,) = conclusions("RCH001", two_roots(IMAGE))
    longer = conclusions("RCH002", two_roots(IMAGE))[1]
    data = conclusions("RCH003", two_roots(IMAGE))
    for lo, last, place in product((4, 5, 9), (9, 10, 20), (3, 4, 5, 8, 9, 10, 19, 20)):
        values = {"text.lo": lo, "text.last": last, "place": place}
        assert bool(evaluate(kernel.hypotheses["text"], values)) is (lo <= place <= last and place + 1 <= last)
        assert bool(evaluate(longer.hypotheses["text"], values)) is (lo <= place <= last and place + 2 <= last)
    for target in (0x0F, 0x10, 0x2F, 0x30):
        assert bool(evaluate(kernel.hypotheses["target"], {"target": target})) is (0x10 <= target <= 0x2F)
        for o in data:
            held = evaluate(o.hypotheses["target"], {"target": target, "named.lo": 0x10, "named.last": 0x2F})
            assert bool(held) is (0x10 <= target <= 0x2F)


def test_a_conclusion_has_the_instances_for_text_and_for_what_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_extent(e: Extent) -> list[Term]:
        return [proposition(f"{e.name} on {e.pool.name}")]

    def of_ranges(params: ParamSet, root: AllocType, e: Extent) -> list[Term]:
        return [proposition(f"{e.name} in ranges of {root.name}"), proposition(f"{e.name} on {params.id}")]

    monkeypatch.setattr(about, "_multiples", of_extent)
    monkeypatch.setattr(about, "_instances_of", of_ranges)
    for o, other in zip(conclusions("RCH003", two_roots(IMAGE)), "ab", strict=True):
        instances = {
            "multiples": {"text on a", "text in ranges of a", "text on toy"},
            "multiples of its": {f"named on {other}"},
            "ranges of its": {f"named in ranges of {other}", "named on toy"},
        }
        for name, said_of in instances.items():
            assert set(variables(o.hypotheses[name])) == said_of
            for without in said_of:
                assert evaluate(o.hypotheses[name], {**dict.fromkeys(said_of, 1), without: 0}) == 0


def test_what_is_known_of_where_text_and_data_lie_is_the_invariant_on_their_own_roots() -> None:
    params = two_roots(IMAGE)
    for o, root in zip(conclusions("RCH003", params), params.types, strict=True):
        known = {name: term for name, term in o.hypotheses.items() if name.rpartition(": ")[2] in BY_NAME}
        for values in map(ordered, drawn(150, of_extents("text", "named"))):
            text = extent(values, "text", params.types[0], params.guard)
            named = extent(values, "named", root, params.guard)
            expected = said(about.LIES, text) | {f"named: {n}": held for n, held in said(about.LIES, named).items()}
            assert values_of(known, values) == expected


def test_a_goal_is_that_each_rule_for_the_target_names_it() -> None:
    params, place, target = two_roots(IMAGE), variable("place", BITS), variable("target", BITS)
    short, long = (f"{name} names {place} from {target}" for name in ("short", "long"))
    for rule, used in (("RCH001", [short]), ("RCH002", [short, long]), ("RCH003", [long, long])):
        for o, name in zip(conclusions(rule, params), used, strict=True):
            assert set(variables(o.goal)) == {name}
            assert [evaluate(o.goal, {name: value}) for value in (0, 1)] == [0, 1]


def test_what_is_known_of_regions_is_said_of_all_that_can_be_held_and_of_all_targets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[tuple[object, ...]] = []

    def as_wholes(reach: Reach, places: Region, targets: Region, place: Term, target: Term) -> Term:
        if reach not in params.machine.reach:
            return proposition("a lemma")
        ends = tuple(evaluate(x) for x in (places.first, places.last, targets.first, targets.last))
        said.append((reach.name, *ends, place.name, target.name))
        return proposition(f"whole {len(said)}")

    monkeypatch.setattr(about, "_as_wholes", as_wholes)
    places = {  # of TEXT, with room for the guard and for an instruction of two bytes, or three
        "short": [(0x50, 0x6E), (0x90, 0x9E)],
        "long": [(0x50, 0x6D), (0x90, 0x9D)],
    }
    on_a, on_b = [(0x50, 0x6F), (0x90, 0x9F)], [(0xB4, 0xC7), (0xD0, 0xDB)]
    wanted = {
        "RCH001": [("short", [(0x10, 0x2F)])],
        "RCH002": [("short", on_a), ("long", on_a)],
        "RCH003": [("long", on_a), ("long", on_b)],
    }
    params = two_roots(IMAGE)
    for rule, each in wanted.items():
        found = conclusions(rule, params)
        expected = [[(n, *p, *t, "place", "target") for p, t in product(places[n], ends)] for n, ends in each]
        assert said == [one for some in expected for one in some]
        for o, some in zip(found, expected, strict=True):
            together = variables(o.hypotheses["regions"])
            assert len(together) == len(some)
            assert all(evaluate(o.hypotheses["regions"], {**dict.fromkeys(together, 1), n: 0}) == 0 for n in together)
        said.clear()


@pytest.mark.usefixtures("arbitrary")
def test_the_instances_of_lemmas_are_those_for_the_extent_its_block_and_each_range() -> None:
    a = alloc_type("a", 0, granularity=PMD, alignment=PAGE, ranges=[(0x42, 0x7F), (0x90, 0xAF)])
    params = two_roots(IMAGE)
    scene = Scene(a, params.machine.page, params.guard, BITS)
    e, names = scene.extent("e", FALSE), ("e.lo", "e.last", "e.block.lo", "e.block.last")
    own, of_table = list(about._multiples(e)), list(about._instances_of(params, a, e))
    for values in drawn(300, names):
        lo, last, first, end = (values[name] for name in names)
        assert [bool(evaluate(term, values)) for term in own] == [
            larger_is_power(PMD, PAGE), is_larger(PAGE, PMD), coarser(first, PMD, PMD), multiple(first, end, PMD),
            multiple(lo, last, PAGE),
        ]  # fmt: skip
        expected = [either(PMD, PAGE, PMD)]
        for start, stop in ((0x42, 0x7F), (0x90, 0xAF)):
            base = up(start, PMD)
            room = (stop - base - PAGE + 1) & TOP
            expected.append(least(start, first, PMD))
            for unit, stops in ((PMD, end), (PAGE, last)):
                taken = (stops + 1 - base) & TOP
                expected += [
                    coarser(base, unit, PMD), multiple(base, stops, unit), as_aligned(taken, unit, PMD),
                    greatest(room, taken, PMD),
                ]  # fmt: skip
        assert [bool(evaluate(term, values)) for term in of_table] == expected


def test_down_is_align_down() -> None:
    for x, a in product((0, 5, 15, 16, 17, TOP), (1, 4, 16)):
        assert evaluate(about._down(constant(x, BITS), constant(a, BITS))) == x // a * a
