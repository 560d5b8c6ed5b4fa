"""The theorems of reach: where text and what it names can lie, for every run (RCH001 to RCH003).

The rules' condition speaks of the regions between the lowest and the highest byte that a block of a range can hold.
Here it is shown that an extent never lies anywhere else: blocks are aligned and lie in the range, with their guard
(both are invariants), so none starts below ALIGN(range.first) and none ends above the last multiple of the granularity.
The condition compares regions as wholes; that what it says is so of every place and every target in them is a lemma.

Leaves out: which instructions a module really holds. Any place in its text may hold one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from modalloc_model.params import AllocType, Kind, ParamSet, Range, Reach, Region, interval_fits, same_segment
from modalloc_model.smt.induction import LEMMA, Obligation, implication, induction, invariant_of, roundings
from modalloc_model.smt.invariants import ALIGNED, BLOCK_ALIGNED, IN_BLOCK, IN_RANGE, Clause, Extent
from modalloc_model.smt.operations import aligned, as_word, block_alignment
from modalloc_model.smt.transitions import Scene
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

NAMES: Mapping[str, tuple[Kind, ...]] = {
    "kernel": (),
    "text": (Kind.TEXT,),
    "data": (Kind.DATA, Kind.RODATA, Kind.RODATA_AFTER_INIT),
}
"""What text can name, and the sections in which that lies; the kernel is in none."""


def reaches(table: ParamSet, root: AllocType, scene: Scene, what: str) -> Iterator[Obligation]:
    """Any place in an extent of the root reaches any target of that kind, by each rule of the machine for it."""
    yield from lemmas(scene.bits)
    yield from roundings(scene)
    yield from induction(scene, LIES)
    place, target = variable("place", scene.bits), variable("target", scene.bits)
    rules = [reach for reach in table.machine.reach if what in reach.targets]
    text = scene.extent("text", FALSE)
    for name, lies in _targets(table, scene, what, target):
        known = {
            **invariant_of(LIES, text),
            "text": truth(all_of(text.span.holds(place), ule(rules[0].instruction - 1, text.span.last - place))),
            **lies,
            "multiples": truth(all_of(*_multiples(text), *_instances_of(table, root, text))),
            "regions": truth(all_of(*_regions_as_wholes(table, root, what, rules, (place, target)))),
        }
        goal = truth(all_of(*(reach.names(place, target, scene.bits) for reach in rules)))
        yield implication(f"text of {root.name} reaches {name}", known, goal)


def _targets(table: ParamSet, scene: Scene, what: str, target: Term) -> Iterator[tuple[str, dict[str, Term]]]:
    """Where a target can lie: in the image, or in an extent of a root that carries such sections."""
    image = table.machine.image
    if what == "kernel" and image:
        yield "the image", {"target": truth(within(target, image.first, image.last))}
    for other in _carrying(table, what):
        named = scene.extent("named", FALSE, root=other)
        lies = {f"named: {name}": term for name, term in invariant_of(LIES, named).items()}
        found = {"target": named.span.holds(target), "multiples of its": truth(all_of(*_multiples(named)))}
        yield f"{what} of {other.name}", {**lies, **found, **_facts(table, other, named)}


def _carrying(table: ParamSet, what: str) -> Iterator[AllocType]:
    """The roots on which sections lie that text names."""
    return (root for root in table.roots if any(s.kind in NAMES[what] for s in table.sections_of(root)))


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


_TO = ("kernel", "text", "data")
ANY_REACH = (AnyBranch("any branch", "relative", _TO), AnySegment("any jump", "segment", _TO))
"""What the theorems speak of: every branch of every machine is one of the two."""


def _regions_as_wholes(
    table: ParamSet, root: AllocType, what: str, rules: list[Reach], where: tuple[Term, Term]
) -> Iterator[Term]:
    image = table.machine.image
    targets = [image] if what == "kernel" and image else []
    targets += [region for other in _carrying(table, what) for region in _held(table, other)]
    for text, named, reach in product(_held(table, root), targets, rules):
        places = Region("places", text.first, text.last - (rules[0].instruction - 1))
        yield _as_wholes(reach, places, named, *where)


def _held(table: ParamSet, root: AllocType) -> Iterator[Region]:
    """From the lowest to the highest byte that a block in each range can hold."""
    for chosen in root.ranges:
        lo = aligned(chosen.first, block_alignment(root))
        yield Region("held", lo, lo + _down(chosen.last - lo - table.guard + 1, root.granularity) - 1)


def _as_wholes(reach: Reach, places: Region, targets: Region, place: Term, target: Term) -> Term:
    """A region covers another only if every place in it names every target in the other."""
    given = all_of(
        reach.covers(places, targets),
        within(place, places.first, places.last),
        within(target, targets.first, targets.last),
    )
    return truth(implies(given, reach.names(place, target, place.bits)))


def _wholes(bits: int) -> Iterator[Obligation]:
    """That this is so of any branch, and of a segment of each size."""
    regions = [Region(n, variable(f"{n}.first", bits), variable(f"{n}.last", bits)) for n in ("places", "targets")]
    place, target = variable("place", bits), variable("target", bits)
    branch, jump = (_as_wholes(reach, regions[0], regions[1], place, target) for reach in ANY_REACH)
    yield Obligation("between regions: a branch", LEMMA, {}, branch)
    monotone = all_of(
        *(
            _shift_is_monotone(x, y)
            for r, of in zip(regions, (place, target), strict=True)
            for x, y in ((r.first, of), (of, r.last))
        )
    )
    yield Obligation("between regions: a segment", LEMMA, {"monotone": truth(monotone)}, jump)
    size = variable("segment bits", bits)
    for k in range(bits):
        yield Obligation(
            f"shifts by {k} are monotone", LEMMA, {"size": truth(eq(size, k))}, _shift_is_monotone(place, target)
        )
    yield Obligation(
        "other shifts are monotone", LEMMA, {"size": truth(ule(bits, size))}, _shift_is_monotone(place, target)
    )


def _shift_is_monotone(x: Term, y: Term) -> Term:
    size = variable("segment bits", x.bits)
    return truth(implies(ule(x, y), ule(x >> size, y >> size)))


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
            _is_greatest(x, q, power),
            _is_multiple(x, y, power),
            _is_coarser(x, power, a),
            _is_larger(a, power),
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


def _is_greatest(x: Term, q: Term, power: Term) -> Term:
    p = _down(x, power)
    no_less = implies(all_of(is_aligned(q, power), ule(q, x)), ule(q, p))
    return truth(implies(is_power_of_two(power), all_of(no_less, ule(p, x))))


def _is_multiple(lo: Term, last: Term, power: Term) -> Term:
    """Bytes from one multiple to just before another: a multiple, and at least one."""
    given = all_of(is_power_of_two(power), is_aligned(lo, power), is_aligned(last + 1, power))
    at_least_one = implies(ule(lo, last), ule(power - 1, last - lo))
    return truth(implies(given, all_of(is_aligned(last + 1 - lo, power), at_least_one)))


def _is_coarser(x: Term, power: Term, coarse: Term) -> Term:
    given = all_of(is_power_of_two(power), is_power_of_two(coarse), ule(power, coarse), is_aligned(x, coarse))
    return truth(implies(given, is_aligned(x, power)))


def _is_larger(a: Term, g: Term) -> Term:
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
    g, a = e.root.granularity, e.root.alignment
    yield larger_is_power(g, a)
    yield _is_larger(a, g)
    yield _is_coarser(e.block.lo, g, block_alignment(e.root))
    yield _is_multiple(e.block.lo, e.block.last, g)
    yield _is_multiple(e.span.lo, e.span.last, a)


def _instances_of(table: ParamSet, root: AllocType, e: Extent) -> Iterator[Term]:
    yield is_either(root.granularity, table.machine.page, table.machine.pmd)
    for chosen in root.ranges:
        yield from _in_range(table, root, chosen, e)


def _in_range(table: ParamSet, root: AllocType, chosen: Range, e: Extent) -> Iterator[Term]:
    """The block lies between ALIGN(first) and the last multiple of the granularity that leaves room for the guard."""
    alignment, g = block_alignment(root), root.granularity
    lo = aligned(chosen.first, alignment)
    yield is_least(chosen.first, e.block.lo, alignment)
    yield _is_coarser(lo, g, alignment)
    yield _is_multiple(lo, e.block.last, g)
    yield _is_greatest(chosen.last - lo - table.guard + 1, e.block.last + 1 - lo, g)
