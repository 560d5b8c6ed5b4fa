"""Both directions, against oracles: sets of numbers, enumerated boots, the executable allocator.

Without it, a change for the worse could be called one for the better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modalloc_model.concrete import in_boot
from modalloc_model.designs.mail.loader import Loader, Request
from modalloc_model.gate.directions import addresses, capacity, directions, protections, reach
from modalloc_model.gate.directions.extremes import least, measure
from modalloc_model.gate.directions.pairs import Interval, length, length_outside, without
from modalloc_model.gate.findings import Finding, Shape
from modalloc_model.params import ParamSet, Reach, Region, Unknown
from modalloc_model.words import Term, all_of, constant, evaluate, lift, smallest, truth, ule, variable
from tests.descriptor.writing import one
from tests.gate.repositories import LEGACY, SPLIT

BITS = 8
X86 = one(LEGACY, "legacy.c")


def changed(old: str, new: str, text: str = LEGACY) -> ParamSet:
    assert old in text
    return one(text.replace(old, new), "legacy.c")


def by_kind(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    kinds: dict[str, list[Finding]] = {}
    for finding in found:
        kinds.setdefault(finding.kind, []).append(finding)
    return kinds


# -- intervals and extremes ------------------------------------------------------------------------------------------

pieces = st.tuples(st.booleans(), st.integers(0, 254), st.integers(0, 254)).filter(lambda piece: piece[1] <= piece[2])


def interval(piece: tuple[bool, int, int]) -> Interval:
    return Interval(truth(piece[0]), constant(piece[1], BITS), constant(piece[2], BITS))


def numbers(parts: Sequence[tuple[bool, int, int]]) -> set[int]:
    return {number for there, first, last in parts if there for number in range(first, last + 1)}


@given(pieces, st.lists(pieces, max_size=4))
def test_what_is_left_of_an_interval_is_what_is_left_of_the_set(
    whole: tuple[bool, int, int], holes: list[tuple[bool, int, int]]
) -> None:
    left = without([interval(whole)], [interval(hole) for hole in holes])
    found = [(bool(evaluate(i.there)), evaluate(i.first), evaluate(i.last)) for i in left]
    assert numbers(found) == numbers([whole]) - numbers(holes)
    assert evaluate(length(left, BITS)) == len(numbers([whole]) - numbers(holes))


def disjoint(ends: Sequence[int], start: int) -> list[tuple[bool, int, int]]:
    """Every other piece between the numbers."""
    cuts = sorted(set(ends))
    return [(True, first, last - 1) for first, last in list(pairwise(cuts))[start::2]]


@given(st.lists(st.integers(0, 255), max_size=8), st.lists(st.integers(0, 255), max_size=8), st.integers(0, 1))
def test_what_lies_outside_others_is_counted_without_cutting(ours: list[int], theirs: list[int], start: int) -> None:
    these, others = disjoint(ours, 0), disjoint(theirs, start)
    found = length_outside(list(map(interval, these)), list(map(interval, others)), BITS)
    assert evaluate(found) == len(numbers(these) - numbers(others))


def test_what_lies_outside_many_others_is_a_small_question() -> None:
    x = variable("x", BITS)
    ours = [Interval(truth(True), x + 20 * n, x + 20 * n + 9) for n in range(10)]
    assert len(list(subterms(length_outside(ours, ours, BITS)))) < 3000


def subterms(term: Term) -> Iterator[Term]:
    seen: set[int] = set()
    stack = [term]
    while stack:
        one = stack.pop()
        if id(one) not in seen:
            seen.add(id(one))
            stack += one.args
            yield one


K = variable("k", BITS)
DOMAIN = Unknown("k", 3, 1, 40, "3 * k")


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """A term of one unknown: sums, masks, quotients, the smaller of two."""
    term = K
    for _ in range(draw(st.integers(1, 3))):
        other = constant(draw(st.integers(1, 200)), BITS)
        make = draw(st.sampled_from(("+", "-", "&", "//", "min")))
        made = {"+": term + other, "-": other - term, "&": term & other, "//": term // other}
        term = lift(smallest(term, other), BITS) if make == "min" else made[make]
    return term


@settings(max_examples=60)
@given(terms(), st.integers(3, 120))
def test_extremes_are_those_of_all_boots(term: Term, at_most: int) -> None:
    domain = truth(all_of(DOMAIN.domain(BITS), ule(K, at_most)))
    values = [evaluate(term, {"k": k}) for k in range(256) if evaluate(domain, {"k": k})]
    found = measure(term, domain, [DOMAIN], "bytes")
    assert found is not None and found.exact
    assert (found.least, found.greatest) == (min(values), max(values))
    assert least(term, domain, [DOMAIN]) == min(values)
    for boot, value in ((found.least_boot, found.least), (found.greatest_boot, found.greatest)):
        assert evaluate(term, {"k": 3, **dict(boot)}) == value


def test_without_a_boot_there_is_no_measure() -> None:
    nowhere = truth(all_of(DOMAIN.domain(BITS), ule(K, 2)))
    assert measure(K, nowhere, [DOMAIN], "bytes") is None


# -- addresses -------------------------------------------------------------------------------------------------------


def test_a_range_that_ends_earlier_loses_what_it_ends_earlier_by() -> None:
    shorter = changed("MODULES_END - 1", "MODULES_END - 0x100001")
    (lost,) = addresses.compare(X86, shorter)
    assert lost.kind == "lost-addresses"
    assert lost.measure and (lost.measure.least, lost.measure.greatest, lost.measure.exact) == (1 << 20, 1 << 20, True)
    assert lost.witness and 0xFFFFFFFFFEF00000 <= lost.witness.address <= 0xFFFFFFFFFEFFFFFF
    (gained,) = addresses.compare(shorter, X86)
    assert (gained.kind, gained.measure) == ("gained-addresses", lost.measure)


def test_a_size_that_depends_on_the_boot_has_both_ends_with_their_boots() -> None:
    fixed = changed(".start[0] = MODULES_VADDR", ".start[0] = 0xffffffffc0000000")
    (gained,) = addresses.compare(X86, fixed)
    assert gained.kind == "gained-addresses" and gained.measure and gained.witness
    assert (gained.measure.least, gained.measure.greatest) == (0x1000, 0x1000 * 1024)
    assert dict(gained.measure.greatest_boot) == {"kaslr_offset": 0x400000}
    boot = dict(gained.witness.boot)
    assert 0xFFFFFFFFC0000000 <= gained.witness.address < 0xFFFFFFFFC0000000 + boot["kaslr_offset"]


def test_a_boot_that_only_one_end_may_have_is_a_difference() -> None:
    (unknown,) = X86.machine.unknowns
    more = replace(X86, machine=replace(X86.machine, unknowns=(replace(unknown, high=2048),)))
    (gained,) = addresses.compare(X86, more)
    assert gained.kind == "gained-addresses" and gained.witness
    assert dict(gained.witness.boot)["kaslr_offset"] > 0x1000 * 1024


def test_a_range_that_moves_gains_on_one_side_and_loses_on_the_other() -> None:
    moved = changed(
        "MODULES_VADDR", "MODULES_VADDR + 0x2000", LEGACY.replace("MODULES_END - 1", "MODULES_VADDR + 0xfff")
    )
    found = by_kind(list(addresses.compare(X86, moved)))
    assert set(found) == {"lost-addresses"}
    first = changed("MODULES_END - 1", "MODULES_VADDR + 0x3fff")
    second = changed(
        "MODULES_END - 1", "MODULES_VADDR + 0x5fff", LEGACY.replace("= MODULES_VADDR,", "= MODULES_VADDR + 0x2000,")
    )
    found = by_kind(list(addresses.compare(first, second)))
    sizes = {kind: one_.measure.greatest for kind, (one_,) in found.items() if one_.measure}
    assert sizes == {"gained-addresses": 0x2000, "lost-addresses": 0x2000}


def test_a_registered_region_is_no_place_for_memory() -> None:
    machine = X86.machine
    region = Region("taken", constant(0xFFFFFFFFD0000000, 64), constant(0xFFFFFFFFD000FFFF, 64))
    (lost,) = addresses.compare(X86, replace(X86, machine=replace(machine, registered=(region,))))
    assert lost.kind == "lost-addresses" and lost.measure and lost.witness
    assert lost.measure.greatest == 0x10000
    assert 0xFFFFFFFFD0000000 <= lost.witness.address <= 0xFFFFFFFFD000FFFF


def test_places_that_differ_are_told_apart() -> None:
    start = SPLIT.index("MOD_ALLOC_TYPE_DATA ...")
    head = one(SPLIT[:start] + SPLIT[start:].replace("MODULES_END - 1", "MODULES_END - 0x1001"), "split.c")
    (lost,) = addresses.compare(one(SPLIT, "split.c"), head)
    assert lost.subject == "DATA, RODATA, RODATA_AFTER_INIT, INITDATA, INITRODATA"


# -- protections -----------------------------------------------------------------------------------------------------


def told(base: ParamSet, head: ParamSet) -> dict[tuple[str, str], str]:
    return {(f.kind, f.subject): f.message for f in protections.compare(base, head)}


def test_a_protection_that_allows_less_is_narrower_and_the_reverse() -> None:
    head = changed("PAGE_KERNEL_EXEC", "PAGE_KERNEL_ROX")
    assert told(X86, head)["narrowed-protection", "TEXT"] == (
        "as mapped rwx became r-x; once loaded rwx became r-x; once live rwx became r-x"
    )
    assert {kind for kind, _ in told(X86, head)} == {"narrowed-protection"}
    assert {kind for kind, _ in told(head, X86)} == {"widened-protection"}


def test_a_protection_can_be_wider_and_narrower_at_once() -> None:
    text = LEGACY.replace("PAGE_KERNEL_EXEC", "PAGE_KERNEL_ROX")
    found = told(one(text, "l.c"), one(text.replace("PAGE_KERNEL_ROX", "PAGE_KERNEL"), "l.c"))
    assert {kind for kind, _ in found} == {"widened-protection", "narrowed-protection"}


def test_a_seal_that_is_gone_widens_what_is_live() -> None:
    sealed = changed(".granularity", ".flags = FLAG_SET_RO_AFTER_INIT, .granularity")
    assert told(sealed, X86)["widened-protection", "RODATA_AFTER_INIT"] == "once live r-x became rwx"
    assert ("widened-protection", "INITDATA") not in told(sealed, X86)


def test_what_the_loader_does_itself_counts_once_loaded() -> None:
    by_loader = replace(X86, assumptions=replace(X86.assumptions, protect="by-loader"))
    assert told(by_loader, X86)["widened-protection", "DATA"] == "once loaded rw- became rwx; once live rw- became rwx"


# -- capacity --------------------------------------------------------------------------------------------------------

TABLE = """
struct mod_alloc_type_params t = {{ .types = {{
    [MOD_ALLOC_TYPE_TEXT ... MOD_ALLOC_TYPE_INITRODATA] = {{ .mapto_type = MOD_ALLOC_TYPE_TEXT,
        .granularity = {granularity}, .alignment = {alignment},
        .start[0] = 0x{start:x}, .end[0] = 0x{last:x}, .pgprot = PAGE_KERNEL_EXEC, }},
}} }};
"""
START = 0xFFFFFFFFC8000000


def small(granularity: str, alignment: str, size: int, guard: str, offset: int = 0) -> ParamSet:
    text = TABLE.format(granularity=granularity, alignment=alignment, start=START + offset, last=START + size - 1)
    return one(text, "t.c", assume={"guard": guard})


def modules_that_fit(table: ParamSet, shape: Shape) -> int:
    """The executable allocator's answer: one module after the other, until one is refused."""
    params = in_boot(table, {"kaslr_offset": 0x1000})
    loader = Loader(params)
    asked = [Request(s.name, shape.of(s) * params.page) for s in table.sections if shape.of(s)]
    return next(n for n in count() if not loader.load(f"M{n}", asked))


@pytest.mark.parametrize("guard", ["none", "page"])
@pytest.mark.parametrize(
    ("granularity", "alignment", "size"),
    [
        ("PAGE_SIZE", "PAGE_SIZE", 0x40000),
        ("PAGE_SIZE", "PAGE_SIZE", 0x41800),
        ("PAGE_SIZE", "PAGE_SIZE * 4", 0x100000),
        ("PMD_SIZE", "PAGE_SIZE", 0x600000),
        ("PMD_SIZE", "PMD_SIZE", 0x3000000),
        ("PMD_SIZE", "64", 0x500000),
    ],
)
@pytest.mark.parametrize("offset", [0, 0x3000])
def test_as_many_modules_fit_as_the_executable_allocator_loads(
    granularity: str, alignment: str, size: int, guard: str, offset: int
) -> None:
    table, shape = small(granularity, alignment, size, guard, offset), Shape()
    assert counted(table, shape) == modules_that_fit(table, shape)


def counted(table: ParamSet, shape: Shape) -> int:
    """Modules by arithmetic, in the least boot."""
    shares = capacity.capacity(table, shape)
    assert shares is not None
    return capacity.modules(shares, {"kaslr_offset": 0x1000})


@pytest.mark.parametrize("pages", [{"TEXT": 3}, {"TEXT": 0, "DATA": 5}, {"INITTEXT": 2, "RODATA": 7}])
@pytest.mark.parametrize("guard", ["none", "page"])
def test_no_more_fit_than_are_counted_where_sections_differ_in_size(pages: dict[str, int], guard: str) -> None:
    table, shape = small("PAGE_SIZE", "PAGE_SIZE", 0x200000, guard), Shape(pages)
    assert modules_that_fit(table, shape) <= counted(table, shape) <= modules_that_fit(table, shape) + 1


def test_capacity_over_all_boots_has_two_ends() -> None:
    shorter = changed("MODULES_END - 1", "MODULES_END - 0x100001")
    (lost,) = capacity.compare(X86, shorter, Shape())
    assert lost.kind == "lost-capacity" and lost.before and lost.measure
    window = 0xFFFFFFFFFEFFFFFF - 0xFFFFFFFFC0000000 + 1
    pages = [(window - offset) // 0x1000 // 7 for offset in (0x400000, 0x1000)]
    assert [lost.before.least, lost.before.greatest] == pages
    assert dict(lost.before.least_boot) == {"kaslr_offset": 0x400000}
    (gained,) = capacity.compare(shorter, X86, Shape())
    assert (gained.kind, gained.measure) == ("gained-capacity", lost.before)


def test_roots_with_the_same_ranges_share_them_unless_each_has_its_own() -> None:
    shared = one(SPLIT, "split.c")
    private = replace(shared, assumptions=replace(shared.assumptions, arbiter="private"))
    together, apart, alone = (counted(table, Shape()) for table in (shared, private, X86))
    assert together == alone
    assert apart == pytest.approx(together * 7 / 5, abs=1)


# -- reach -----------------------------------------------------------------------------------------------------------

NEAR = Reach("NEAR", "relative", ("kernel",), lowest=-0x80000000, highest=0x7FFFFFFF)


def reaching(by: Reach) -> ParamSet:
    return replace(X86, machine=replace(X86.machine, reach=(by,)))


def covers(by: Reach) -> bool:
    """Whether every branch reaches in every boot, by the rule's own condition."""
    from modalloc_model.properties import RULES
    from modalloc_model.properties.rule import Condition

    table, rule = reaching(by), RULES["RCH001"]
    outcomes = [rule.of(table, subject) for subject in rule.each(table)]
    boots = [{"kaslr_offset": 0x1000 * k} for k in range(1, 1025)]
    formulas = [outcome.formula for outcome in outcomes if isinstance(outcome, Condition)]
    assert formulas
    return all(evaluate(formula, boot) for formula in formulas for boot in boots)


@pytest.mark.parametrize("by", [NEAR, replace(NEAR, highest=0)], ids=["its lower end", "its upper end"])
def test_the_margin_is_what_the_reach_can_be_shortened_by(by: Reach) -> None:
    table = reaching(by)
    margin = least(reach.margin(table, by, "kernel"), table.machine.domain, table.machine.unknowns)
    assert margin
    assert covers(replace(by, lowest=by.lowest + margin, highest=by.highest - margin))
    assert not covers(replace(by, lowest=by.lowest + margin + 1, highest=by.highest - margin - 1))


def test_margins_are_gained_and_lost() -> None:
    shorter = replace(NEAR, lowest=NEAR.lowest + 0x1000, highest=NEAR.highest - 0x1000)
    (lost,) = reach.compare(reaching(NEAR), reaching(shorter))
    (gained,) = reach.compare(reaching(shorter), reaching(NEAR))
    assert (lost.kind, gained.kind) == ("lost-reach-margin", "gained-reach-margin")
    assert lost.before and lost.measure and lost.before.least - lost.measure.least == 0x1000


def test_where_a_branch_does_not_reach_nothing_is_to_spare() -> None:
    short = replace(NEAR, lowest=-0x1000, highest=0xFFF)
    (lost,) = reach.compare(reaching(NEAR), reaching(short))
    assert lost.measure and lost.measure.least == 0


def test_a_veneer_has_no_margin() -> None:
    helped = reaching(replace(NEAR, veneer="PLT"))
    assert list(reach.compare(reaching(NEAR), helped)) == list(reach.compare(helped, reaching(NEAR))) == []


# -- all of it -------------------------------------------------------------------------------------------------------


def test_a_table_and_itself_differ_in_no_direction() -> None:
    assert list(directions(X86, one(LEGACY, "legacy.c"), Shape())) == []


def test_dialects_are_compared_by_what_lies_there() -> None:
    execmem = one(
        "struct execmem_info e = { .ranges = { [EXECMEM_DEFAULT] = { .start = MODULES_VADDR, .end = MODULES_END,"
        " .pgprot = PAGE_KERNEL_EXEC, .alignment = PAGE_SIZE, }, }, };",
        "e.c",
    )
    found = by_kind(list(directions(X86, execmem, Shape())))
    assert {f.subject for f in found.get("narrowed-protection", [])} >= {"DATA", "RODATA"}
