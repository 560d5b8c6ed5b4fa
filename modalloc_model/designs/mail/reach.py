"""The theorems of reach: where what names something, and what it names, can lie, for every run (RCH001 to RCH003).

The rules' condition speaks of the regions between the lowest and the highest byte that a block of a range can hold.
Here it is shown that an extent never lies anywhere else: blocks are aligned and lie in the range, with their guard
(both are invariants), so none starts below ALIGN(range.first), and no extent ends above the last multiple of the
larger of granularity and alignment: a block is so many granules, and an extent so many multiples of the alignment. The
condition compares regions as wholes; that what it says is so of every place and every target in them is a lemma.

Leaves out: which instructions a module really holds. Any place in a section from which a rule goes may hold one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from modalloc_model.designs.mail.invariants import ALIGNED, BLOCK_ALIGNED, IN_BLOCK, IN_RANGE, Extent
from modalloc_model.designs.mail.operations import block_alignment
from modalloc_model.designs.mail.transitions import Scene, induction, transitions
from modalloc_model.params import (
    AllocType,
    Kind,
    Machine,
    ParamSet,
    Range,
    Reach,
    Region,
    Section,
    interval_fits,
    paged_region,
    same_segment,
    values_fit,
)
from modalloc_model.smt.induction import LEMMA, Obligation, implication, invariant_of, roundings
from modalloc_model.smt.spans import aligned, as_word
from modalloc_model.smt.transitions import Clause
from modalloc_model.words import (
    FALSE,
    Term,
    Truth,
    Word,
    align_down,
    all_of,
    any_of,
    constant,
    eq,
    implies,
    is_aligned,
    is_power_of_two,
    largest,
    lift,
    truth,
    ule,
    variable,
    within,
)

LIES: tuple[Clause, ...] = (IN_BLOCK, BLOCK_ALIGNED, ALIGNED, IN_RANGE)
"""What is known of where an extent lies."""

KINDS: Mapping[str, tuple[Kind, ...]] = {
    "text": (Kind.TEXT,),
    "init-text": (Kind.TEXT,),
    "data": (Kind.DATA, Kind.RODATA, Kind.RODATA_AFTER_INIT),
}
"""Where something stands, or what it names, and the kinds of the sections in which that lies."""


def aims(rule: str, machine: Machine) -> tuple[str, ...]:
    """What the rule looks at, of all that can be named."""
    named = {
        "RCH001": ("kernel", *(target.name for target in machine.targets)),
        "RCH002": ("text",),
        "RCH003": ("data", "init-text"),
    }
    return named[rule]


def in_question(rule: str, table: ParamSet) -> list[tuple[Reach, str]]:
    """The machine's rules that name something that this one looks at, and what."""
    found = [(reach, what) for reach in table.machine.reach for what in reach.targets]
    return [(reach, what) for reach, what in found if what in aims(rule, table.machine) and not reach.within_module]


def stands_in(reach: Reach, section: Section) -> bool:
    """The section may hold what reaches by that rule."""
    return any(is_of(section, place) for place in reach.places)


def is_of(section: Section, what: str) -> bool:
    """The section is text, init text or data, as reach rules have it."""
    return section.kind in KINDS.get(what, ()) and (section.init or what != "init-text")


def reaches(table: ParamSet, root: AllocType, scene: Scene, rule: str) -> Iterator[Obligation]:
    """Any place in an extent of the root reaches any target that the rule looks at, by each rule of the machine."""
    yield from lemmas(scene.bits)
    yield from roundings(transitions(scene))
    yield from induction(scene, LIES)
    where = variable("place", scene.bits), variable("target", scene.bits)
    for reach, what in in_question(rule, table):
        if any(stands_in(reach, section) for section in table.sections_of(root)):
            for name, lies, regions in _targets(table, scene, what, where[1]):
                yield _names_it(table, root, scene, reach, where, (name, lies, regions))


Named = tuple[str, dict[str, Term], list[Region]]
"""A name, where a target lies, and the regions in which it can."""


def _names_it(
    table: ParamSet, root: AllocType, scene: Scene, reach: Reach, where: tuple[Term, Term], named: Named
) -> Obligation:
    place, target = where
    name, lies, regions = named
    text = scene.extent("text", FALSE)
    begins = all_of(text.span.holds(place), ule(reach.instruction - 1, text.span.last - place))
    known = {
        **invariant_of(LIES, text),
        "text": truth(begins),
        **lies,
        "multiples": truth(all_of(*_multiples(text), *_instances_of(table, root, text))),
        "regions": truth(all_of(*_regions_as_wholes(table, root, reach, regions, where))),
    }
    goal = truth(reach.names(place, target, scene.bits))
    return implication(f"{reach.name} on {root.name} reaches {name}", known, goal)


def _targets(table: ParamSet, scene: Scene, what: str, target: Term) -> Iterator[Named]:
    """Where a target can lie: in a region that the machine names, or in an extent of a root with such sections."""
    region = table.machine.image if what == "kernel" else table.machine.target(what)
    if region:
        name = "the image" if what == "kernel" else what
        yield name, {"target": truth(region.holds(target))}, [region]
        return
    for other in _carrying(table, what):
        named = scene.extent("named", FALSE, root=other)
        lies = {f"named: {name}": term for name, term in invariant_of(LIES, named).items()}
        found = {"target": named.span.holds(target), "multiples of its": truth(all_of(*_multiples(named)))}
        held = list(_held(table, other))
        yield f"{what} of {other.name}", {**lies, **found, **_facts(table, other, named)}, held


def _carrying(table: ParamSet, what: str) -> Iterator[AllocType]:
    """The roots on which such sections lie."""
    return (root for root in table.roots if any(is_of(s, what) for s in table.sections_of(root)))


def _facts(table: ParamSet, other: AllocType, named: Extent) -> dict[str, Term]:
    return {"ranges of its": truth(all_of(*_instances_of(table, other, named)))}


# -- what holds of regions as wholes ---------------------------------------------------------------------------------


class AnyBranch(Reach):
    """A branch relative to its place, with any bounds."""

    __slots__ = ()

    def names(self, place: Word, target: Word, bits: int) -> Truth:
        """At most `width` above the lowest displacement."""
        return ule(target - place - variable("lowest", bits), variable("width", bits))

    def covers(self, places: Region, targets: Region) -> Truth:
        """Every place names every target."""
        bits = places.first.bits
        return interval_fits(places, targets, variable("lowest", bits), variable("width", bits))


class AnySegment(Reach):
    """A jump inside a segment of any size."""

    __slots__ = ()

    def names(self, place: Word, target: Word, bits: int) -> Truth:
        """They are alike above the segment's bits."""
        size = variable("segment bits", bits)
        return eq(lift(place, bits) >> size, lift(target, bits) >> size)

    def covers(self, places: Region, targets: Region) -> Truth:
        """Every place names every target."""
        return same_segment(places, targets, variable("segment bits", places.first.bits))


class AnyPage(Reach):
    """An address by the page it lies in, pages of any size."""

    __slots__ = ()

    def names(self, place: Word, target: Word, bits: int) -> Truth:
        """At most `width` above the lowest displacement of pages."""
        away = _page(lift(target, bits)) - _page(lift(place, bits))
        return ule(away - variable("lowest", bits), variable("width", bits))

    def covers(self, places: Region, targets: Region) -> Truth:
        """Every place names every target."""
        bits = places.first.bits
        size = variable("page bits", bits)
        lowest, width = variable("lowest", bits), variable("width", bits)
        return interval_fits(paged_region(places, size), paged_region(targets, size), lowest, width)


class AnyAddress(Reach):
    """A word that holds the address itself, extended in any way."""

    __slots__ = ()

    def names(self, place: Word, target: Word, bits: int) -> Truth:
        """At most `width` above the lowest address."""
        return ule(target - variable("lowest", bits), variable("width", bits))

    def covers(self, places: Region, targets: Region) -> Truth:
        """Every place names every target."""
        bits = places.first.bits
        return values_fit(targets, variable("lowest", bits), variable("width", bits))


def _page(x: Term) -> Term:
    size = variable("page bits", x.bits)
    return (x >> size) << size


_TO = ("kernel", "text", "data")
ANY_REACH = (
    AnyBranch("any branch", "relative", _TO),
    AnySegment("any jump", "segment", _TO),
    AnyPage("any page", "page", _TO),
    AnyAddress("any address", "absolute", _TO),
)
"""What the theorems speak of: all that any machine reaches by is one of these."""


def _regions_as_wholes(
    table: ParamSet, root: AllocType, reach: Reach, targets: list[Region], where: tuple[Term, Term]
) -> Iterator[Term]:
    for text, named in product(_held(table, root), targets):
        places = Region("places", text.first, text.last - (reach.instruction - 1))
        yield _as_wholes(reach, places, named, *where)


def _held(table: ParamSet, root: AllocType) -> Iterator[Region]:
    """From the lowest to the highest byte that a block in each range can hold."""
    for chosen in root.ranges:
        lo = aligned(chosen.first, block_alignment(root))
        yield Region("held", lo, lo + _down(chosen.last - lo - table.guard + 1, block_alignment(root)) - 1)


def _as_wholes(reach: Reach, places: Region, targets: Region, place: Term, target: Term) -> Term:
    """A region covers another only if every place in it names every target in the other."""
    given = all_of(
        reach.covers(places, targets),
        within(place, places.first, places.last),
        within(target, targets.first, targets.last),
    )
    return truth(implies(given, reach.names(place, target, place.bits)))


def _wholes(bits: int) -> Iterator[Obligation]:
    """That this is so of any of them, and of a segment and a page of each size."""
    regions = [Region(n, variable(f"{n}.first", bits), variable(f"{n}.last", bits)) for n in ("places", "targets")]
    place, target = variable("place", bits), variable("target", bits)
    branch, jump, page, address = (_as_wholes(reach, regions[0], regions[1], place, target) for reach in ANY_REACH)
    in_order = [
        pair for r, of in zip(regions, (place, target), strict=True) for pair in ((r.first, of), (of, r.last))
    ]  # what is monotone keeps these in order
    shifts, pages = (
        {"monotone": truth(all_of(*(monotone(x, y) for x, y in in_order)))}
        for monotone in (_shift_is_monotone, _page_is_monotone)
    )
    yield Obligation("between regions: a branch", LEMMA, {}, branch)
    yield Obligation("between regions: a segment", LEMMA, shifts, jump)
    yield Obligation("between regions: a page", LEMMA, pages, page)
    yield Obligation("between regions: an address", LEMMA, {}, address)
    for monotone, size, what in (
        (_shift_is_monotone, variable("segment bits", bits), "shifts"),
        (_page_is_monotone, variable("page bits", bits), "pages"),
    ):
        for k in range(bits):
            known = {"size": truth(eq(size, k))}
            yield Obligation(f"{what} by {k} are monotone", LEMMA, known, monotone(place, target))
        yield Obligation(f"other {what} are monotone", LEMMA, {"size": truth(ule(bits, size))}, monotone(place, target))


def _shift_is_monotone(x: Term, y: Term) -> Term:
    size = variable("segment bits", x.bits)
    return truth(implies(ule(x, y), ule(x >> size, y >> size)))


def _page_is_monotone(x: Term, y: Term) -> Term:
    return truth(implies(ule(x, y), ule(_page(x), _page(y))))


# -- what ALIGN and ALIGN_DOWN do ------------------------------------------------------------------------------------


def _down(x: Term, power: Term) -> Term:
    return as_word(align_down(x, power, x.bits))


def lemmas(bits: int) -> Iterator[Obligation]:
    """The instances below, for any words: by cases, one for each power of two."""
    yield from _wholes(bits)
    x, y, q, a = (variable(name, bits) for name in ("x", "y", "q", "a"))
    yield Obligation("the larger of two powers is one", LEMMA, {}, larger_is_power(x, a))
    yield Obligation("what equals a power of two is one", LEMMA, {}, is_either(x, y, a))
    for k in range(bits):
        power = constant(1 << k, bits)
        facts = all_of(
            is_multiple_up(x, power),
            is_least(x, q, power),
            is_greatest(x, q, power),
            is_multiple(x, y, power),
            is_coarser(x, power, a),
            is_as_aligned(x, power, a),
            is_larger(a, power),
        )
        yield Obligation(f"multiples of {1 << k}", LEMMA, {}, truth(facts))


def is_multiple_up(x: Term, power: Term) -> Term:
    """ALIGN gives a multiple."""
    return truth(implies(is_power_of_two(power), is_aligned(aligned(x, power), power)))


def is_least(x: Term, q: Term, power: Term) -> Term:
    """ALIGN gives the least multiple at or above."""
    p = aligned(x, power)
    given = all_of(is_power_of_two(power), is_aligned(q, power), ule(x, q))
    return truth(implies(given, all_of(ule(x, p), ule(p, q), is_aligned(p, power))))


def is_greatest(x: Term, q: Term, power: Term) -> Term:
    """ALIGN_DOWN gives the greatest multiple at or below."""
    p = _down(x, power)
    no_less = implies(all_of(is_aligned(q, power), ule(q, x)), ule(q, p))
    return truth(implies(is_power_of_two(power), all_of(no_less, ule(p, x))))


def is_multiple(lo: Term, last: Term, power: Term) -> Term:
    """Bytes from one multiple to just before another: a multiple, and at least one."""
    given = all_of(is_power_of_two(power), is_aligned(lo, power), is_aligned(last + 1, power))
    at_least_one = implies(ule(lo, last), ule(power - 1, last - lo))
    return truth(implies(given, all_of(is_aligned(last + 1 - lo, power), at_least_one)))


def coarser_multiples(bits: int) -> Iterator[Obligation]:
    """What is a multiple of a power of two is one of each lesser power: by cases, one for each power."""
    x, a = variable("x", bits), variable("a", bits)
    for k in range(bits):
        fact = is_coarser(x, constant(1 << k, bits), a)
        yield Obligation(f"a multiple of a coarser power is one of {1 << k}", LEMMA, {}, fact)


def is_coarser(x: Term, power: Term, coarse: Term) -> Term:
    """A multiple of a power of two is one of each lesser power."""
    given = all_of(is_power_of_two(power), is_power_of_two(coarse), ule(power, coarse), is_aligned(x, coarse))
    return truth(implies(given, is_aligned(x, power)))


def is_as_aligned(x: Term, power: Term, same: Term) -> Term:
    """A multiple of one word is one of another that equals it."""
    return truth(implies(all_of(eq(power, same), is_aligned(x, power)), is_aligned(x, same)))


def is_larger(a: Term, g: Term) -> Term:
    """The smallest block of two powers of two is the larger."""
    given = all_of(is_power_of_two(a), is_power_of_two(g))
    return truth(implies(given, eq(aligned(aligned(constant(1, a.bits), a), g), largest(g, a))))


def is_either(g: Term, page: Term, pmd: Term) -> Term:
    """What equals a power of two is one."""
    given = all_of(any_of(eq(g, page), eq(g, pmd)), is_power_of_two(page), is_power_of_two(pmd))
    return truth(implies(given, is_power_of_two(g)))


def larger_is_power(g: Term, a: Term) -> Term:
    """The larger of two powers of two is one."""
    larger = is_power_of_two(as_word(largest(g, a)))
    return truth(implies(all_of(is_power_of_two(g), is_power_of_two(a)), larger))


# -- their instances for an extent -----------------------------------------------------------------------------------


def _multiples(e: Extent) -> Iterator[Term]:
    """What alignment says of the lengths of an extent and of its block."""
    g, a = e.pool.granularity, e.pool.alignment
    yield larger_is_power(g, a)
    yield is_larger(a, g)
    yield is_coarser(e.block.lo, g, block_alignment(e.pool))
    yield is_multiple(e.block.lo, e.block.last, g)
    yield is_multiple(e.span.lo, e.span.last, a)


def _instances_of(table: ParamSet, root: AllocType, e: Extent) -> Iterator[Term]:
    yield is_either(root.granularity, table.machine.page, table.machine.pmd)
    for chosen in root.ranges:
        yield from _in_range(table, root, chosen, e)


def _in_range(table: ParamSet, root: AllocType, chosen: Range, e: Extent) -> Iterator[Term]:
    """Between ALIGN(first) and the last multiple that leaves room for the guard.

    Of the granularity, in which the block ends, or of the alignment, in which the extent does, whichever is larger.
    """
    alignment, g, a = block_alignment(root), root.granularity, root.alignment
    lo = aligned(chosen.first, alignment)
    yield is_least(chosen.first, e.block.lo, alignment)
    for power, end in ((g, e.block.last), (a, e.span.last)):
        yield is_coarser(lo, power, alignment)
        yield is_multiple(lo, end, power)
        yield is_as_aligned(end + 1 - lo, power, alignment)
        yield is_greatest(chosen.last - lo - table.guard + 1, end + 1 - lo, alignment)
