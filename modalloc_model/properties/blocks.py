"""The places of a root's blocks: between walls of its ranges, and the holes that the search overlooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from modalloc_model.params import AllocType, ParamSet, Range, Region
from modalloc_model.properties.rule import Quantity
from modalloc_model.words import (
    TRUE,
    Term,
    Truth,
    align_down,
    align_up,
    all_of,
    any_of,
    constant,
    eq,
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
    """The larger of granularity and alignment: a block's address is a multiple of it."""
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
    """For each range of the root, as `holding`."""
    for number, chosen in enumerate(root.ranges):
        fits, region = holding(table, root, chosen)
        yield truth(all_of(root.usable(number), fits)), region


def in_powers(root: AllocType) -> Truth:
    """Otherwise its blocks lie elsewhere than from the lowest to the highest multiple."""
    return all_of(is_power_of_two(root.granularity), is_power_of_two(root.alignment))


def search_is_complete(table: ParamSet, root: AllocType) -> Term:
    """The arbiter's search comes upon every hole that has an aligned place for a block of the root."""
    options = any_of(
        table.assumptions.exact_search,
        ule(block_alignment(root), table.machine.page),  # Linux adds the alignment to the length only above a page
    )
    return truth(options)


def incomplete_search(table: ParamSet, root: AllocType) -> tuple[str, dict[str, Quantity]]:
    """The message and facts if :func:`search_is_complete` fails; "" and none if the search is exact."""
    if table.assumptions.exact_search == TRUE:
        return "", {}
    facts = {"alignment": Quantity(block_alignment(root), "bytes"), "page": Quantity(table.machine.page, "bytes")}
    return ": blocks are aligned to {alignment}, and the search passes over holes shorter than the size and that", facts


def every_byte(table: ParamSet, root: AllocType, good: Callable[[Region], Truth]) -> Truth:
    """Whatever blocks of the root can hold is good; `good` says so of a region as of each byte in it."""
    return all_of(*(implies(fits, good(region)) for fits, region in block_regions(table, root)))


def block_regions(table: ParamSet, root: AllocType, block: str = "block") -> Iterator[tuple[Term, Region]]:
    """(any, region): every block of the root lies in one of the regions, and can fill it.

    For powers of two blocks are whole multiples, and fill what lies between the arbiter's walls. For any other number
    ALIGN() is a mask: then the region is one block, at any address and of any size (variables named after `block`).
    """
    for fits, region in pieces(table, root):
        yield truth(all_of(in_powers(root), fits)), region
    one = Region(block, variable(block, table.machine.bits), variable(f"{block}'s end", table.machine.bits))
    for possible in possible_blocks(table, root, one):
        yield truth(all_of(negate(in_powers(root)), possible)), one


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
    """From the start of the range or the end of a registered region, to the next start of one or the range's end."""
    taken = table.machine.registered
    for lo in (chosen.first, *(region.last + 1 for region in taken)):
        for last in (chosen.last, *(region.first - 1 for region in taken)):
            yield lo, last


def possible_blocks(table: ParamSet, root: AllocType, block: Region) -> Iterator[Truth]:
    """For each range: the arbiter may return the block for a request of some size."""
    wanted = variable(f"{block.name}'s size", table.machine.bits)
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


def lies_in_windows(region: Region, windows: Sequence[Region]) -> Truth:
    """Every byte of the region is in some window: the first byte is, and so is the byte after the end of any window."""
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
