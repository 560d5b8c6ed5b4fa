"""The theorems of reach: what each lemma says, which instances are used, and for which places and targets.

Without it, a lemma could be false, or never used, and reach be proved from nothing.

A lemma about ALIGN is true whatever else it leaves out. So arbitrary functions take ALIGN's place here, and those of
being aligned and of being a power of two: what is left is what the lemma says of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail import reach as about
from modalloc_model.designs.mail.theorems import THEOREMS
from modalloc_model.engine.solvers import settle
from modalloc_model.params import Assumptions, ParamSet, Reach, Region
from modalloc_model.smt.induction import Obligation
from modalloc_model.words import Term, constant, evaluate, proposition, truth, variable, variables
from tests.properties.toy import BITS, PAGE, PMD, TOP, alloc_type, region, table
from tests.smt.values import drawn, extent, fits, make_arbitrary, of_extents, ordered, power, said, up, values_of


@pytest.fixture
def arbitrary(monkeypatch: pytest.MonkeyPatch) -> None:
    make_arbitrary(monkeypatch, about)
    monkeypatch.setattr(about, "align_down", lambda x, a, bits: x * 23 + a * 11 + 9)


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
    (about.is_greatest, greatest),
    (about.is_multiple, multiple),
    (about.is_coarser, coarser),
    (about.is_larger, is_larger),
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


Ends = tuple[int, int]


class Asserted(Reach):
    """A branch of which it is open what it covers and names."""

    __slots__ = ()

    def names(self, place: object, target: object, bits: int) -> Term:
        """Open."""
        assert bits == BITS
        return proposition(f"{self.name} names {place} from {target}")

    def covers(self, places: Region, targets: Region) -> Term:
        """Open."""
        places_, targets_ = ((evaluate(region.first), evaluate(region.last)) for region in (places, targets))
        return proposition(covering(self.name, places_, targets_))


def covering(reach: str, places: Ends, targets: Ends) -> str:
    return f"{reach} covers {targets} from {places}"


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


def of_extent(g: int, a: int, lo: int, last: int, first: int, end: int) -> list[bool]:
    """What alignment says of the lengths of an extent and of its block."""
    return [
        larger_is_power(g, a), is_larger(a, g), coarser(first, g, max(g, a)), multiple(first, end, g),
        multiple(lo, last, a),
    ]  # fmt: skip


def of_ranges(ranges: list[Ends], g: int, a: int, lo: int, last: int, first: int, end: int) -> list[bool]:
    """What ALIGN and ALIGN_DOWN say of a block and an extent between the ends of each range."""
    expected = [either(g, PAGE, PMD)]
    for start, stop in ranges:
        base = up(start, max(g, a))
        room = (stop - base - PAGE + 1) & TOP
        expected.append(least(start, first, max(g, a)))
        for unit, stops in ((g, end), (a, last)):
            taken = (stops + 1 - base) & TOP
            expected += [
                coarser(base, unit, max(g, a)), multiple(base, stops, unit), as_aligned(taken, unit, max(g, a)),
                greatest(room, taken, max(g, a)),
            ]  # fmt: skip
    return expected


RANGES: dict[str, list[Ends]] = {"a": [(0x42, 0x7F), (0x90, 0xAF)], "b": [(0xB1, 0xCE), (0xD0, 0xDF)]}


@pytest.mark.usefixtures("arbitrary")
def test_a_conclusion_has_the_instances_for_text_and_for_what_it_names() -> None:
    toy, near = two_roots(IMAGE), Reach("near", "relative", ("data",), lowest=-8, highest=8)
    any_roots = tuple(
        replace(r, granularity=variable(f"{r.name}.g", BITS), alignment=variable(f"{r.name}.a", BITS))
        for r in toy.types
    )
    params = replace(toy, types=any_roots, machine=replace(toy.machine, reach=(near,)))
    of_text, of_named = ([f"{e}.{end}" for end in ("lo", "last", "block.lo", "block.last")] for e in ("text", "named"))
    for o, other in zip(conclusions("RCH003", params), "ab", strict=True):
        for values in drawn(300, [*of_text, *of_named, "a.g", "a.a", "b.g", "b.a"]):
            text = [values[name] for name in ("a.g", "a.a", *of_text)]
            named = [values[name] for name in (f"{other}.g", f"{other}.a", *of_named)]
            instances = {
                "multiples": of_extent(*text) + of_ranges(RANGES["a"], *text),
                "multiples of its": of_extent(*named),
                "ranges of its": of_ranges(RANGES[other], *named),
            }
            for name, expected in instances.items():
                assert [bool(evaluate(term, values)) for term in o.hypotheses[name].args] == expected


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


PLACES: dict[str, list[Ends]] = {  # of text on a, with room for the guard and for an instruction of two bytes, or three
    "short": [(0x50, 0x6E), (0x90, 0x9E)],
    "long": [(0x50, 0x6D), (0x90, 0x9D)],
}
ON_A: list[Ends] = [(0x50, 0x6F), (0x90, 0x9F)]
ON_B: list[Ends] = [(0xB4, 0xC7), (0xD0, 0xDB)]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("RCH001", [("short", [(0x10, 0x2F)])]),
        ("RCH002", [("short", ON_A), ("long", ON_A)]),
        ("RCH003", [("long", ON_A), ("long", ON_B)]),
    ],
)
def test_a_region_that_is_covered_is_covered_place_by_place(rule: str, wanted: list[tuple[str, list[Ends]]]) -> None:
    place, target = variable("place", BITS), variable("target", BITS)
    for o, (name, targets) in zip(conclusions(rule, two_roots(IMAGE)), wanted, strict=True):
        known, names = o.hypotheses["regions"], f"{name} names {place} from {target}"
        covers = {ends: covering(name, *ends) for ends in product(PLACES[name], targets)}
        assert set(variables(known)) == {*covers.values(), "place", "target", names}
        for ((lo, last), (first, end)), covered in covers.items():
            for p, t, said_so, named in product(
                (lo - 1, lo, last, last + 1), (first - 1, first, end, end + 1), *[(0, 1)] * 2
            ):
                values = {**dict.fromkeys(covers.values(), 0), covered: said_so, "place": p, "target": t, names: named}
                inside = lo <= p <= last and first <= t <= end
                assert bool(evaluate(known, values)) is (not (said_so and inside) or bool(named))
