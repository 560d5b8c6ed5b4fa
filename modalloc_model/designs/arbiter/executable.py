"""Who hands out address space for blocks: vmalloc, or a root's own.

Models: busy areas, the holes between them, regions registered at boot, areas that others take and return; placement as
in alloc_vmap_area() and is_within_this_va() of mm/vmalloc.c, with their overflow checks. Which holes a search of
Linux's tree passes over depends on the tree's shape: a hole is sure to be found, or it may be passed over.
Leaves out: the tree; when freed areas are purged, and caches of areas (others have them until then).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

from modalloc_model.allocator.address_tree import AddressTree, Interval
from modalloc_model.allocator.placement import Fit, Places
from modalloc_model.concrete import Concrete, ConcreteRange
from modalloc_model.words import align_up

Seeks = Callable[[int, int, ConcreteRange], int]
"""How long a hole must be for a search to be sure to come upon it: of length, alignment and range."""


class Arbiter:
    """The address space of `bits` bits: what lies in no hole is busy. `seeks` is how it searches."""

    __slots__ = ("_bits", "_foreign", "_holes", "_seeks", "_top")

    def __init__(self, bits: int, registered: tuple[ConcreteRange, ...] = (), seeks: Seeks | None = None) -> None:
        self._bits = bits
        self._seeks = seeks or exact_length
        self._top = (1 << bits) - 1
        self._holes = AddressTree()
        self._holes.add(0, self._top)
        self._foreign: dict[int, int] = {}  # the last address of each area that others have, by its first
        for region in registered:
            self._register(region)

    def _register(self, region: ConcreteRange) -> None:
        # Regions may overlap: an image and its initrd. What is busy already stays so.
        for lo, last in self._holes.overlapping(region.first, region.last) if region.first <= region.last else ():
            self._holes.take(max(lo, region.first), min(last, region.last))

    def fits(self, length: int, alignment: int, chosen: ConcreteRange) -> Iterator[Fit]:
        """The holes with room for `length` bytes inside the range, and the lowest aligned place in each, by address.

        The search looks for holes of some length, and may pass over shorter ones.
        """
        sought = self._seeks(length, alignment, chosen)
        for lo, last in self._holes.candidates(length, chosen.first):
            if lo > chosen.last:
                return
            first, end = max(lo, chosen.first), min(last, chosen.last)
            place = _aligned(first, alignment, self._bits)
            if first <= place <= end and length - 1 <= end - place:
                yield Fit(place, lo, last, Places(first, end - (length - 1), alignment), last - lo + 1 >= sought)

    def claim(self, lo: int, last: int) -> None:
        """Make [lo, last] busy; ValueError if some of it is."""
        self._holes.take(lo, last)

    def give_back(self, lo: int, last: int) -> None:
        """Make the busy interval [lo, last] part of a hole again; ValueError if some of it is in one."""
        self._holes.give(lo, last, 0, self._top)

    def take(self, lo: int, last: int) -> None:
        """Others take [lo, last]; ValueError if some of it is busy."""
        self.claim(lo, last)
        self._foreign[lo] = last

    def restore(self, lo: int, last: int) -> None:
        """Others return [lo, last]; ValueError if it is no area that they have."""
        if self._foreign.get(lo) != last:
            raise ValueError(f"[{lo:#x}, {last:#x}] is no area that others have taken")
        del self._foreign[lo]
        self.give_back(lo, last)

    def foreign(self) -> Iterator[Interval]:
        """Every area that others have taken, in address order."""
        return iter(sorted(self._foreign.items()))

    def holes(self) -> Iterator[Interval]:
        """Every hole, in address order."""
        return iter(self._holes)

    def check(self) -> None:
        """AssertionError where holes touch, or their tree contradicts itself."""
        self._holes.check()
        assert all(x[1] + 1 < y[0] for x, y in pairwise(self._holes))
        assert not any(self._holes.overlapping(lo, last) for lo, last in self.foreign())


def exact_length(length: int, alignment: int, chosen: ConcreteRange) -> int:
    """How long a hole must be for the search to be sure to come upon it: as long as what is asked for."""
    return length


def linux_length(bits: int, page: int, length: int, alignment: int, chosen: ConcreteRange) -> int:
    """The same of Linux's search, which adds the alignment (6.12:mm/vmalloc.c:1548-1621)."""
    if alignment <= page or chosen.last - chosen.first + 1 == length:
        return length
    return (length - 1 + alignment - 1) % (1 << bits) + 1  # as an unsigned long has it


def arbiters(params: Concrete) -> dict[str, Arbiter]:
    """The arbiter of each root by its name: one for all, or one each."""
    exact = params.assumptions.arbiter_search == "exact"
    seeks = exact_length if exact else partial(linux_length, params.bits, params.page)
    if params.assumptions.arbiter == "private":
        return {root.name: Arbiter(params.bits, params.registered, seeks) for root in params.roots}
    shared = Arbiter(params.bits, params.registered, seeks)
    return {root.name: shared for root in params.roots}


def _aligned(address: int, alignment: int, bits: int) -> int:
    aligned = align_up(address, alignment, bits)
    assert isinstance(aligned, int)
    return aligned
