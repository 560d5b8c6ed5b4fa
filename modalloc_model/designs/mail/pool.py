"""What one root has: its blocks, the live extents in them, and the free space between.

Models: the bookkeeping behind one `struct mod_alloc_type` with a mutex of its own. Where the root reuses free space,
blocks are cut into live and free extents; where it does not, a block holds one live extent and perhaps padding.
Leaves out: where blocks come from (arbiter.py), and what their pages allow (pages.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from modalloc_model.allocator.address_tree import AddressTree, Interval
from modalloc_model.allocator.events import Tile, Use
from modalloc_model.allocator.placement import Fit
from modalloc_model.concrete import ConcreteRoot
from modalloc_model.words import align_up


@dataclass(eq=False, slots=True)
class Block:
    """Address space [lo, last] mapped by one fresh allocation; the guard behind it is not counted."""

    root: str
    lo: int
    last: int


@dataclass(eq=False, slots=True)
class Extent:
    """A live part [lo, last] of a block: `size` bytes were asked for."""

    block: Block
    lo: int
    last: int
    section: str
    module: str
    size: int
    filled: bool = False
    sealed: bool = False
    reprotected: bool = False  # the loader gave its pages another protection than the table's

    @property
    def root(self) -> str:
        """The name of the root that it was allocated from."""
        return self.block.root


class Pool:
    """The memory of one root. Everything O(log n) in the number of its extents."""

    __slots__ = ("_bits", "_blocks", "_free", "_home", "live", "root")

    def __init__(self, root: ConcreteRoot, bits: int) -> None:
        self.root = root
        self.live: dict[Extent, None] = {}  # in the order of their allocation
        self._bits = bits
        self._free = AddressTree()
        self._home: dict[int, Block] = {}  # the block of each free extent, by the extent's first address
        self._blocks: dict[int, Block] = {}  # by first address

    def fits(self, length: int) -> Iterator[Fit]:
        """The free extents with an aligned place for `length` bytes, in address order."""
        alignment, bits = self.root.alignment, self._bits
        for lo, last in self._free.candidates(length):
            place = align_up(lo, alignment, bits)
            assert isinstance(place, int)
            if lo <= place <= last and length - 1 <= last - place:
                yield Fit(place, lo, last)

    def carve(self, fit: Fit, last: int) -> Block:
        """Take [place, last] out of the free extent; what is left of it stays free. The block it lies in."""
        self._free.take(fit.place, last)
        block = self._home[fit.lo]
        if fit.lo == fit.place:
            del self._home[fit.lo]
        if last < fit.last:
            self._home[last + 1] = block
        return block

    def add_block(self, block: Block, tail: int) -> None:
        """A new block, of which everything from `tail` on is not live."""
        self._blocks[block.lo] = block
        if self.root.reuses and tail <= block.last:
            self._free.add(tail, block.last)
            self._home[tail] = block

    def vacate(self, extent: Extent) -> Interval:
        """Make the extent free again; the free interval it is now part of, merged within its block."""
        block = extent.block
        lo, last = self._free.give(extent.lo, extent.last, block.lo, block.last)
        if last > extent.last:
            del self._home[extent.last + 1]
        self._home[lo] = block
        return lo, last

    def drop_block(self, block: Block) -> None:
        """Forget the block and the free extent that fills it, if there is one."""
        del self._blocks[block.lo]
        if self._home.pop(block.lo, None) is not None:
            self._free.remove(block.lo)

    def blocks(self) -> list[Block]:
        """Every block, in address order."""
        return [self._blocks[lo] for lo in sorted(self._blocks)]

    def tiles(self) -> list[Tile]:
        """Every part of every block that the pool accounts for, in address order."""
        name = self.root.name
        live = [Tile(name, extent.lo, extent.last, Use.LIVE) for extent in self.live]
        free = [Tile(name, lo, last, Use.FREE) for lo, last in self._free]
        return sorted([*live, *free, *self._padding()], key=lambda tile: (tile.lo, tile.last, tile.use))

    def _padding(self) -> Iterator[Tile]:
        if not self.root.reuses:
            for extent in self.live:
                if extent.last < extent.block.last:
                    yield Tile(self.root.name, extent.last + 1, extent.block.last, Use.PADDING)

    def check(self) -> None:
        """AssertionError where the trees contradict themselves, or free neighbours in a block were left apart."""
        self._free.check()
        free = list(self._free)
        assert sorted(self._home) == [lo for lo, _ in free]
        assert all(self._home[lo].lo <= lo and last <= self._home[lo].last for lo, last in free)
        for below, above in pairwise(free):
            assert below[1] + 1 < above[0] or self._home[below[0]] is not self._home[above[0]]
