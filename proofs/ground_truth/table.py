"""A table as the enumeration sees it: small integers, and what follows from them once and for all.

Models: sections 1, 4 and 5 of spec/semantics.md. A page's protection is a number: 4 may be read, 2 written, 1
executed, and 8 says that a seal took write permission from it and nobody gave it one since.
Leaves out: boots. One table here is one boot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from modalloc_model.concrete import Concrete, ConcreteRoot
from modalloc_model.params import Kind

READ, WRITE, EXECUTE, STALE, UNMAPPED = 4, 2, 1, 8, 0
OPENED = READ | WRITE
LOADING, INIT, LIVE = range(3)

FINAL = {Kind.TEXT: READ | EXECUTE, Kind.DATA: READ | WRITE, Kind.RODATA: READ, Kind.RODATA_AFTER_INIT: READ | WRITE}
"""What the loader gives, under `protect=by-loader`."""


def protection(letters: str) -> int:
    """`rw-` as a number."""
    return sum({"r": READ, "w": WRITE, "x": EXECUTE}[letter] for letter in letters if letter != "-")


@dataclass(frozen=True)
class Root:
    """A root's parameters. `given` is its protection; `ranges` are those it may use, with their numbers."""

    name: str
    granularity: int
    alignment: int
    ranges: tuple[tuple[int, int, int], ...]  # (number, first, last)
    given: int
    seals: bool
    fill: bool
    invalidate: bool

    @property
    def reuses(self) -> bool:
        """Free space in its blocks is used again."""
        return self.granularity > self.alignment


@dataclass(frozen=True)
class Part:
    """A section that modules have. `root` is the root's place in the table, or None."""

    name: str
    kind: Kind
    init: bool
    root: int | None
    final: int  # what its mapping gives it, or the loader
    sealed: bool  # finish_init() seals it


@dataclass(frozen=True)
class Table:
    """The table in one boot."""

    source: Concrete

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
        """What every arbiter knows to be taken."""
        return tuple((region.first, region.last) for region in self.source.registered)

    @cached_property
    def roots(self) -> tuple[Root, ...]:
        """The roots."""
        return tuple(_root(root) for root in self.source.roots)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The sections."""
        places = {root.name: place for place, root in enumerate(self.roots)}
        return tuple(self._part(s.name, s.kind, s.init, places.get(s.root)) for s in self.source.sections)

    def _part(self, name: str, kind: Kind, init: bool, root: int | None) -> Part:
        if root is None:
            return Part(name, kind, init, None, UNMAPPED, False)
        final = FINAL[kind] if self.by_loader else self.roots[root].given
        sealed = self.roots[root].seals or (self.by_loader and kind is Kind.RODATA_AFTER_INIT)
        return Part(name, kind, init, root, final, sealed)

    def up(self, x: int, alignment: int) -> int:
        """ALIGN(x, alignment), wrapping."""
        return (x + alignment - 1) & ~(alignment - 1) & (self.size - 1)

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


def _root(root: ConcreteRoot) -> Root:
    ranges = tuple((number, r.first, r.last) for number, r in enumerate(root.ranges) if r is not None)
    return Root(
        root.name, root.granularity, root.alignment, ranges,
        protection(root.protection), root.seals, root.fill, root.invalidate,
    )  # fmt: skip
