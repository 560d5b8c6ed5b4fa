"""Formulas that several rules share: what ranges hold, when pages belong to one extent alone, what the loader does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from modalloc_model.params import (
    DATA,
    INIT_TEXT,
    KERNEL,
    PLACES,
    TARGETS,
    TEXT,
    AllocType,
    Kind,
    Machine,
    ParamSet,
    Protection,
    Range,
    Reach,
    Region,
    Section,
)
from modalloc_model.properties.rule import Condition, Fact, NotApplicable, Outcome, Part, Subject, each_root
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    align_down,
    align_up,
    all_of,
    any_of,
    choose,
    constant,
    decide,
    eq,
    iff,
    implies,
    is_aligned,
    is_power_of_two,
    largest,
    lift,
    ne,
    negate,
    truth,
    ule,
    ult,
    variable,
)


def up(x: Term, alignment: Term) -> Term:
    """ALIGN(x, alignment)."""
    return lift(align_up(x, alignment, x.bits), x.bits)


def down(x: Term, alignment: Term) -> Term:
    """ALIGN_DOWN(x, alignment)."""
    return lift(align_down(x, alignment, x.bits), x.bits)


def block_alignment(root: AllocType) -> Term:
    """The larger of granularity and alignment: what a block's address is rounded up to."""
    return lift(largest(root.granularity, root.alignment), root.granularity.bits)


def granule(root: AllocType) -> Term:
    """Bytes of the smallest block."""
    one = constant(1, root.granularity.bits)
    return up(up(one, root.alignment), root.granularity)


def holding(table: ParamSet, root: AllocType, chosen: Range) -> tuple[Term, Region]:
    """(any, region): whether a block fits into the range, and the bytes from its lowest to its highest block's end."""
    lo = up(chosen.first, block_alignment(root))
    room = chosen.last - lo  # bytes from lo to the end, less one
    least = granule(root) + table.guard - 1
    region = Region("", lo, lo + down(room - table.guard + 1, block_alignment(root)) - 1)
    fits = all_of(chosen.nonempty, ule(chosen.first, lo), ule(lo, chosen.last), ule(least, room))
    return truth(fits), region


def holdings(table: ParamSet, root: AllocType) -> Iterator[tuple[Term, Region]]:
    """What each range of the root can hold."""
    for number, chosen in enumerate(root.ranges):
        fits, region = holding(table, root, chosen)
        yield truth(all_of(root.usable(number), fits)), region


def exclusive(table: ParamSet, root: AllocType) -> Term:
    """No page holds bytes of two extents of the root."""
    return truth(ule(table.machine.page, root.alignment))


def opens(table: ParamSet, root: AllocType) -> Term:
    """Pages of the root are made writable for a while, to be filled or invalidated."""
    assume = table.assumptions
    for_fill = all_of(assume.after_fill, negate(root.fill))
    for_memset = all_of(assume.restored, negate(root.invalidate))
    return truth(all_of(negate(root.protection.write), any_of(for_fill, for_memset)))


def seals_any(table: ParamSet, root: AllocType) -> Term:
    """finish_init() seals something that lies on the root."""
    return truth(any_of(*(table.seals_section(section) for section in table.sections_of(root))))


def no_stale_seal(table: ParamSet, root: AllocType) -> Term:
    """Memory that a seal made read-only is not handed out again as it is."""
    unmapped = negate(root.reuses)
    return truth(implies(seals_any(table, root), any_of(table.assumptions.restored, unmapped)))


def passes_none_over(table: ParamSet, root: AllocType) -> Term:
    """The arbiter's search comes upon every hole that has an aligned place for a block of the root."""
    options = any_of(
        table.assumptions.exact_search,
        ule(block_alignment(root), table.machine.page),  # Linux adds the alignment to the length only above a page
    )
    return truth(options)


def passed_over(table: ParamSet, root: AllocType) -> tuple[str, dict[str, Fact]]:
    """What is so where :func:`passes_none_over` is not, and its facts; nothing where the search is exact."""
    if table.assumptions.exact_search == TRUE:
        return "", {}
    facts = {"alignment": Fact(block_alignment(root), "bytes"), "page": Fact(table.machine.page, "bytes")}
    return ": blocks are aligned to {alignment}, and the search passes over holes shorter than the size and that", facts


def quiet_loader(table: ParamSet, root: AllocType) -> Term:
    """What the loader does to the pages of one section changes none of another's."""
    unchanged = all_of(*(same(table.final_protection(s), root.protection) for s in table.sections_of(root)))
    return truth(implies(table.assumptions.by_loader, any_of(exclusive(table, root), unchanged)))


def same(x: Protection, y: Protection) -> Truth:
    """They allow the same."""
    return all_of(iff(x.read, y.read), iff(x.write, y.write), iff(x.execute, y.execute))


def needs(section: Section) -> str:
    """What the section must be able to do once it is loaded (semantics, section 4)."""
    return {Kind.TEXT: "x", Kind.DATA: "rw", Kind.RODATA: "r", Kind.RODATA_AFTER_INIT: "rw"}[section.kind]


def allows(protection: Protection, wanted: str) -> Term:
    """The protection allows every one of the wanted letters."""
    parts = {"r": protection.read, "w": protection.write, "x": protection.execute}
    return truth(all_of(TRUE, *(parts[letter] for letter in wanted)))


def of_kind(table: ParamSet, *kinds: Kind) -> tuple[AllocType, ...]:
    """The roots on which sections of these kinds lie, in the table's order."""
    wanted = {root.index for s in table.sections if s.kind in kinds and (root := table.section_root(s))}
    return tuple(root for root in table.roots if root.index in wanted)


def sealing_roots(table: ParamSet) -> Iterator[Subject]:
    """Roots on which finish_init() seals something."""
    for subject in each_root(table):
        if seals_any(table, subject.parts[0]) != FALSE:
            yield subject


# -- where blocks can lie ------------------------------------------------------------------------------------------


def every_byte(table: ParamSet, root: AllocType, good: Callable[[Region], Truth]) -> Truth:
    """Whatever blocks of the root can hold is good; `good` says so of a region as of each byte in it.

    For powers of two blocks are whole multiples, and fill what lies between the arbiter's walls. For any other number
    ALIGN() is a mask: then it is asked of one block, at any address and of any size (variables of the formula).
    """
    filled = all_of(*(implies(fits, good(region)) for fits, region in pieces(table, root)))
    block = Region("block", variable("block", table.machine.bits), variable("block's end", table.machine.bits))
    blocks = implies(any_of(*possible_blocks(table, root, block)), good(block))
    return decide(in_powers(root), filled, blocks)


def pieces(table: ParamSet, root: AllocType) -> Iterator[tuple[Term, Region]]:
    """For each usable range, between each two walls in it: whether a block fits, and from which byte to which."""
    machine, size = table.machine, granule(root) + table.guard
    for number, chosen in enumerate(root.ranges):
        for lo, last in _between_walls(table, chosen):
            place = up(lo, block_alignment(root))
            room = last - place  # bytes from there to the wall, less one
            fits = all_of(
                root.usable(number),
                ule(chosen.first, lo),
                ule(lo, last),
                ule(last, chosen.last),
                *(taken.apart(lo, last) for taken in machine.registered),
                ule(lo, place),  # the rounding did not wrap
                ule(place, last),
                ule(granule(root), size),  # nor did the guard
                ule(size - 1, room),
            )
            held = down(room - table.guard + 1, block_alignment(root))
            yield truth(fits), Region(f"range {number}", place, place + held - 1)


def _between_walls(table: ParamSet, chosen: Range) -> Iterator[tuple[Term, Term]]:
    """From the start of the range, or the end of what is registered, to the end of the range, or the next of these."""
    taken = table.machine.registered
    for lo in (chosen.first, *(region.last + 1 for region in taken)):
        for last in (chosen.last, *(region.first - 1 for region in taken)):
            yield lo, last


def possible_blocks(table: ParamSet, root: AllocType, block: Region) -> Iterator[Truth]:
    """For each range: the block is one that the arbiter may hand out, for a request of some size."""
    wanted = variable("size", table.machine.bits)
    rounded = up(wanted, root.alignment)
    length = up(rounded, root.granularity)
    area = length + table.guard
    for number, chosen in enumerate(root.ranges):
        end = block.first + (area - 1)
        yield all_of(
            root.usable(number),
            ne(wanted, 0),
            ule(wanted, rounded),  # no rounding wraps
            ule(rounded, length),
            ule(length, area),  # nor does the guard
            eq(block.last, block.first + (length - 1)),
            is_aligned(block.first, block_alignment(root)),
            ule(chosen.first, block.first),
            ule(block.first, chosen.last),
            ule(area - 1, chosen.last - block.first),
            *(taken.apart(block.first, end) for taken in table.machine.registered),
        )


def covered(region: Region, windows: Sequence[Region]) -> Truth:
    """Every byte of the region is in some window: the first is, and so is what follows the end of any window."""
    following = (
        implies(
            all_of(w.nonempty, ule(region.first, w.last), ult(w.last, region.last)),
            _in_some(w.last + 1, windows),
        )
        for w in windows
    )
    return all_of(_in_some(region.first, windows), *following)


def _in_some(address: Term, windows: Sequence[Region]) -> Truth:
    return any_of(*(window.holds(address) for window in windows))


# -- what branches reach ---------------------------------------------------------------------------------------------

NAMED: Mapping[str, tuple[Kind, ...]] = MappingProxyType(
    {
        TEXT: (Kind.TEXT,),
        INIT_TEXT: (Kind.TEXT,),
        DATA: (Kind.DATA, Kind.RODATA, Kind.RODATA_AFTER_INIT),
    }
)
"""Where what names something can stand, or what it names, and the kinds of the sections in which that lies."""

Aims = Callable[[Machine], Sequence[str]]
"""What one rule of reach looks at, of all that can be named on a machine."""


def the_kernel(machine: Machine) -> Sequence[str]:
    """The image, and the regions that the machine names beside it."""
    return (KERNEL, *(target.name for target in machine.targets))


def code(machine: Machine) -> Sequence[str]:
    """Module text, and code that others than the loader allocate."""
    others = (name for reach in machine.reach for name in (*reach.places, *reach.targets))
    known = {*TARGETS, *the_kernel(machine)}
    return (TEXT, *dict.fromkeys(name for name in others if name not in known))


def own_sections(machine: Machine) -> Sequence[str]:
    """What else lies in the module itself."""
    return (DATA, INIT_TEXT)


def text_roots(table: ParamSet) -> Iterator[Subject]:
    """Roots on which text lies."""
    wanted = {root.index for root in of_kind(table, Kind.TEXT)}
    return (subject for subject in each_root(table) if subject.parts[0].index in wanted)


def naming_roots(aims: Aims) -> Callable[[ParamSet], Iterator[Subject]]:
    """Roots on which text lies, or anything that names one of the aims; then types that others allocate from."""

    def each_naming_root(table: ParamSet) -> Iterator[Subject]:
        wanted = aims(table.machine)
        texts = {subject.name for subject in text_roots(table)}
        for subject in each_root(table):
            if subject.name in texts or _rules(table, subject.parts[0], wanted):
                yield subject
        for other in table.others:
            if any(_takes_part(reach, other, wanted) for reach in table.machine.reach):
                yield Subject(other.name, (other.name,), other.name, (other,))

    return each_naming_root


def _rules(table: ParamSet, root: AllocType, aims: Sequence[str]) -> list[tuple[Reach, str]]:
    """What stands on the root and names one of the aims, and which; what others allocate is looked at on their side."""
    return [
        (reach, what)
        for reach in table.machine.reach
        for what in reach.targets
        if what in aims and not reach.within_module and stands_on(table, root, reach)
        if (what in TARGETS and (what != KERNEL or table.machine.image)) or table.machine.target(what)
    ]


def stands_on(table: ParamSet, root: AllocType, reach: Reach) -> bool:
    """Something that reaches by that rule can stand in memory of the root."""
    return any(root is other for place in reach.places for other in carriers(table, place))


def carriers(table: ParamSet, what: str) -> tuple[AllocType, ...]:
    """The roots on which sections lie that hold such places or targets; what others allocate is a root of its own."""
    if what not in NAMED:
        return tuple(other for other in table.others if other.name == what)
    kinds, init = NAMED[what], what == INIT_TEXT
    sections = [s for s in table.sections if s.kind in kinds and (s.init or not init)]
    wanted = {root.index for s in sections if (root := table.section_root(s))}
    return tuple(root for root in table.roots if root.index in wanted)


def reaching(table: ParamSet, root: AllocType, aims: Sequence[str]) -> Outcome:
    """Every place on the root names every target among the aims, by each rule of the machine for such targets."""
    if root in table.others and root not in table.roots:
        return _reaching_of_others(table, root, aims)
    rules = _rules(table, root, aims)
    if not rules:
        return NotApplicable(f"{table.machine.name} names no reach for {aims[0]}")
    others = {other.index: other for _, what in rules for other in carriers(table, what) if other is not root}
    formula = all_of(all_reach(table, root, rules), *(in_powers(other) for other in others.values()))
    return _out_of_reach(table, root, formula, rules)


def _out_of_reach(table: ParamSet, root: AllocType, formula: Truth, rules: Sequence[tuple[Reach, str]]) -> Condition:
    place, target = (variable(name, table.machine.bits) for name in ("place", "target"))
    facts = {
        "place": Fact(place, "address"),
        "target": Fact(target, "address"),
        "distance": Fact(lift(choose(ule(place, target), target - place, place - target), place.bits), "bytes"),
    }
    message = "{broken} at {place} does not reach {target} ({distance} away), and there is no veneer: {consequence}"
    parts = tuple(_part(table, root, reach, what, place, target) for reach, what in rules)
    return Condition(truth(formula), message, facts=facts, blame="start0", parts=parts)


def _part(table: ParamSet, root: AllocType, reach: Reach, what: str, place: Term, target: Term) -> Part:
    """What stands at the place by that rule names the target, if it can stand there and the target is of that kind."""
    begins = _beginnings(holdings(table, root), reach.instruction)
    stands = any_of(*(all_of(fits, held.holds(place)) for fits, held in begins))
    named = any_of(*(all_of(fits, held.holds(target)) for fits, held in named_by(table, what)))
    consequence = "the loader refuses the module" if reach.checked else "the branch goes elsewhere, unchecked"
    holds = implies(all_of(stands, named), reach.names(place, target, table.machine.bits))
    return Part(reach.name, truth(holds), consequence)


def all_reach(table: ParamSet, root: AllocType, rules: Sequence[tuple[Reach, str]]) -> Truth:
    """What a range holds is a region, and so is where targets lie: they are compared as wholes."""
    return all_of(
        *(
            implies(all_of(any_place, any_target), reach.covers(places, targets))
            for reach, what in rules
            for any_place, places in instructions(table, root, reach.instruction)
            for any_target, targets in named_by(table, what)
        )
    )


def instructions(table: ParamSet, root: AllocType, length: int) -> Iterator[tuple[Term, Region]]:
    """For each range of the root: whether it holds any instruction of `length` bytes, and where they can begin."""
    return _beginnings(holdings(table, root), length)


def _beginnings(held: Iterator[tuple[Term, Region]], length: int) -> Iterator[tuple[Term, Region]]:
    for fits, text in held:
        any_text = all_of(fits, ule(length - 1, text.last - text.first))
        yield truth(any_text), Region(text.name, text.first, text.last - (length - 1))


def named_by(table: ParamSet, what: str) -> Iterator[tuple[Term, Region]]:
    """Where targets of a kind can lie: whether there is any, and the region."""
    region = table.machine.image if what == KERNEL else table.machine.target(what)
    if region is not None:
        yield region.nonempty, region
        return
    for other in carriers(table, what):
        yield from holdings(table, other)


def in_powers(root: AllocType) -> Truth:
    """Otherwise its blocks lie elsewhere than from the lowest to the highest multiple."""
    return all_of(is_power_of_two(root.granularity), is_power_of_two(root.alignment))


# -- what others than the loader allocate: no run of the loader's shows it, so that the condition is exact -----------


def _takes_part(reach: Reach, other: AllocType, aims: Sequence[str]) -> bool:
    """Something in the other's memory names one of the aims; or it is one itself, and module sections name it."""
    names = other.name in reach.places and any(what in aims for what in reach.targets)
    is_named = other.name in aims and other.name in reach.targets and any(place in PLACES for place in reach.places)
    return names or is_named


def _reaching_of_others(table: ParamSet, other: AllocType, aims: Sequence[str]) -> Outcome:
    """From its memory to the aims; and, where it is one of them, from module sections to its memory."""
    rules = [(reach, what) for reach in table.machine.reach for what in reach.targets if what in aims]
    pairs = [
        (reach, what, place)
        for reach, what in rules
        for place in reach.places
        if place == other.name or (what == other.name and place in PLACES)
    ]
    sides = [root for _, what, place in pairs for name in (what, place) for root in carriers(table, name)]
    if any(truth(in_powers(root)) == FALSE for root in sides):
        return NotApplicable("an alignment is no power of two (ALN001)")
    formulas = [_all_name(table, reach, place, what) for reach, what, place in pairs]
    low, high = (Fact(getattr(other.ranges[0], end), "address") for end in ("first", "last"))
    parts = (Part(pair[0].name, truth(holds), "") for pair, holds in zip(pairs, formulas, strict=True))
    named = ", ".join(dict.fromkeys(what for _, what, _ in pairs))
    return Condition(
        truth(all_of(*(in_powers(root) for root in sides), *formulas)),
        f"{{broken}}: {other.name} may lie from {{low}} to {{high}}, and from there not all is in reach ({named})",
        facts={"low": low, "high": high},
        blame="start0",
        alone=True,
        parts=tuple(parts),
    )


def _all_name(table: ParamSet, reach: Reach, place: str, what: str) -> Truth:
    """Every place that blocks can fill names every target that they can, or that the machine names."""
    region = table.machine.image if what == KERNEL else table.machine.target(what)
    targets = [(region.nonempty, region)] if region else _filled(table, what)
    return all_of(
        *(
            implies(all_of(any_place, any_target), reach.covers(places, named))
            for any_place, places in _beginnings(iter(_filled(table, place)), reach.instruction)
            for any_target, named in targets
        )
    )


def _filled(table: ParamSet, what: str) -> list[tuple[Term, Region]]:
    return [piece for root in carriers(table, what) for piece in pieces(table, root)]
