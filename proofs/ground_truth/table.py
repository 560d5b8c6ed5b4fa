"""A table in one boot as the enumeration sees it: small integers, and the values derived from them.

Source: sections 1, 4 and 5 of spec/semantics.md. A page's protection is a number: 4 readable, 2 writable, 1
executable, and 8 if a seal removed write permission and no operation restored it since.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from modalloc_model.params import Kind
from proofs.ground_truth.world import Fields, World
from proofs.ground_truth.world import Part as Asked

READ, WRITE, EXECUTE, STALE, UNMAPPED = 4, 2, 1, 8, 0
OPENED = READ | WRITE
LOADING, INIT, LIVE = range(3)

FINAL = {Kind.TEXT: READ | EXECUTE, Kind.DATA: READ | WRITE, Kind.RODATA: READ, Kind.RODATA_AFTER_INIT: READ | WRITE}
"""The loader's protections under `protect=by-loader`."""


def protection(letters: str) -> int:
    """`rw-` as a number."""
    return sum({"r": READ, "w": WRITE, "x": EXECUTE}[letter] for letter in letters if letter != "-")


@dataclass(frozen=True)
class Root:
    """A root's parameters. `given` is its protection; `ranges` are those it may use, with their numbers."""

    name: str
    granularity: int
    alignment: int
    wanted: int  # what an address is to be a multiple of
    carved: bool
    granules: tuple[int, ...]  # what a block's length is rounded up to, in the order in which it is tried
    ranges: tuple[tuple[int, int, int], ...]  # (number, first, last)
    given: int
    seals: bool
    fill: bool
    invalidate: bool

    @property
    def step(self) -> int:
        """A block's address is a multiple of this."""
        return max(self.granularity, self.alignment)

    @property
    def reuses(self) -> bool:
        """Free space in its blocks is used again."""
        return self.carved or self.granularity > self.alignment


@dataclass(frozen=True)
class Part:
    """A section of modules. `root` is the root's place in the table, or None."""

    name: str
    kind: Kind
    init: bool
    root: int | None
    final: int  # what its mapping gives it, or the loader
    sealed: bool  # finish_init() seals it


@dataclass(frozen=True)
class Table:
    """The table in one boot."""

    source: World

    @cached_property
    def bits(self) -> int:
        """Of a word."""
        return self.source.bits

    @cached_property
    def size(self) -> int:
        """Of the address space, in bytes."""
        return 1 << self.source.bits

    @cached_property
    def page(self) -> int:
        """In bytes."""
        return self.source.page

    @cached_property
    def guard(self) -> int:
        """In bytes."""
        return self.source.guard

    @cached_property
    def others_matter(self) -> bool:
        """Whether areas of others affect more than the places that are left: the range, or the result of the search."""
        pruned = self.source.prunes and any(max(root.step, *root.granules) > self.page for root in self.roots)
        return pruned or any(len(root.ranges) > 1 for root in self.roots)

    @cached_property
    def strict(self) -> bool:
        """Strict RWX is claimed."""
        return "strict-rwx" in self.source.assumptions.claims

    @cached_property
    def restored(self) -> bool:
        """Write permission comes back before memory is invalidated."""
        return self.source.assumptions.free_access == "restored"

    @cached_property
    def after_fill(self) -> bool:
        """Pages are opened to be filled."""
        return self.source.assumptions.protect == "after-fill"

    @cached_property
    def by_loader(self) -> bool:
        """The loader gives sections their final protections."""
        return self.source.assumptions.protect == "by-loader"

    @cached_property
    def private(self) -> bool:
        """Each root has an arbiter of its own."""
        return self.source.assumptions.arbiter == "private"

    @cached_property
    def registered(self) -> tuple[tuple[int, int], ...]:
        """The regions that every arbiter knows."""
        return self.source.registered

    @cached_property
    def roots(self) -> tuple[Root, ...]:
        """The roots."""
        return tuple(_root(self.source, root) for root in self.source.roots())

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The sections."""
        return tuple(self._part(part) for part in self.source.parts)

    def _part(self, part: Asked) -> Part:
        root = self.source.root(part)
        if root is None:
            return Part(part.name, part.kind, part.init, None, UNMAPPED, False)
        place = next(number for number, one in enumerate(self.source.roots()) if one is root)
        final = FINAL[part.kind] if self.by_loader else self.roots[place].given
        sealed = root.seals or (self.by_loader and part.kind is Kind.RODATA_AFTER_INIT)
        return Part(part.name, part.kind, part.init, place, final, sealed)

    def up(self, x: int, alignment: int) -> int:
        """ALIGN(x, alignment), wrapping."""
        return self.source.up(x, alignment)

    @cached_property
    def sizes(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each root, the sizes worth asking for, as (size, what it is rounded to).

        All sizes from 1 to 2^W - 1 are looked at. Two that are rounded to the same word do the same, but for how much
        of the extent is a branch's: the larger one's holds the smaller one's, so it stands for both. Sizes that fail
        in step 1, and those longer than every range, fail in every state and have room in none: one stands for all.
        """
        return tuple(self._sizes(root) for root in self.roots)

    def _sizes(self, root: Root) -> tuple[tuple[int, int], ...]:
        longest = max((last - first + 1 for _, first, last in root.ranges), default=0)
        largest: dict[int, int] = {}
        hopeless = 0
        for size in range(1, self.size):
            rounded = self.up(size, root.alignment)
            if rounded < size or rounded > longest:
                hopeless = hopeless or size
            else:
                largest[rounded] = size
        possible = tuple((size, rounded) for rounded, size in sorted(largest.items()))
        return (*possible, (hopeless, 0)) if hopeless else possible


def _root(world: World, root: Fields) -> Root:
    granules = (root.large, root.granularity) if root.large else (root.granularity,)
    return Root(
        root.name, root.granularity, root.alignment, root.wanted, root.carved, granules, tuple(world.ranges(root)),
        protection(root.letters), root.seals, bool(root.fill), bool(root.invalidate),
    )  # fmt: skip
