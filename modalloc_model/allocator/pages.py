"""The protection (read, write, execute) of every mapped page, as set_memory_*() and vmap leave it.

The map stores runs of pages, since a seal may cover terabytes. It covers the whole machine instead of a block, since
two blocks share a page if the granularity is not a multiple of the page. Page tables, the TLB, and large mappings and
their splitting (mm/vmalloc.c, arch/x86/mm/pat/set_memory.c) are not modelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modalloc_model.allocator.address_tree import AddressTree

UNMAPPED = "---"
OPENED = "rw-"
"""The protection while memcpy() or memset() writes: not executable."""


@dataclass(frozen=True, slots=True)
class PageChange:
    """A change of protection of the pages [lo, last]; `before` equals `after` if only a seal is undone."""

    lo: int
    last: int
    before: str
    after: str


def writable(protection: str) -> bool:
    """Whether the protection allows writing."""
    return protection[1] == "w"


def without_write(protection: str) -> str:
    """The protection without write permission: "rw-" becomes "r--"."""
    return protection[0] + "-" + protection[2]


class Pages:
    """Protections by page; `page` is the page size in bytes. Intervals are widened to whole pages."""

    __slots__ = ("_page", "_protection", "_runs", "_sealed")

    def __init__(self, page: int) -> None:
        self._page = page
        self._runs = AddressTree()  # equal neighbours stay apart, which makes unmapping a block cheap
        self._protection: dict[int, str] = {}  # by the first address of the run
        self._sealed: set[int] = set()  # first addresses of runs that a seal made read-only

    def whole(self, lo: int, last: int) -> tuple[int, int]:
        """The pages of [lo, last], as an interval."""
        return lo - lo % self._page, last - last % self._page + self._page - 1

    def map(self, lo: int, last: int, protection: str) -> None:
        """Map the pages of the interval, and replace earlier mappings."""
        lo, last = self.whole(lo, last)
        self._clear(lo, last)
        self._put(lo, last, protection)

    def unmap(self, lo: int, last: int) -> None:
        """Unmap the pages of the interval."""
        self._clear(*self.whole(lo, last))

    def protect(self, lo: int, last: int, protection: str) -> list[PageChange]:
        """Set the protection of the mapped pages of the interval; returns the changes in address order.

        Undoing a seal is a change even if the protection stays the same.
        """
        lo, last = self.whole(lo, last)
        changes = [
            PageChange(max(first, lo), min(end, last), self._protection[first], protection)
            for first, end in self._runs.overlapping(lo, last)
            if self._protection[first] != protection or first in self._sealed
        ]
        self._apply(changes)
        return changes

    def seal(self, lo: int, last: int) -> list[PageChange]:
        """Remove write permission from the mapped pages of the interval; returns the changes in address order."""
        changes = [
            PageChange(*run, before, without_write(before)) for run, before in self.runs(lo, last) if before[1] == "w"
        ]
        self._apply(changes, sealed=True)
        return changes

    def runs(self, lo: int, last: int) -> Iterator[tuple[tuple[int, int], str]]:
        """The mapped pages of the interval with their protections, clipped to its whole pages, in address order."""
        lo, last = self.whole(lo, last)
        for first, end in self._runs.overlapping(lo, last):
            yield (max(first, lo), min(end, last)), self._protection[first]

    def unwritable(self, lo: int, last: int) -> tuple[int, int] | None:
        """The first pages of the interval that cannot be written, as an interval; None if all pages can."""
        lo, last = self.whole(lo, last)
        run = self._runs.floor(lo)
        if run and run[1] >= last:  # the usual case: one run contains the whole extent
            return None if self._protection[run[0]][1] == "w" else (lo, last)
        for (first, end), protection in self.runs(lo, last):
            if first > lo or protection[1] != "w":
                return (lo, first - 1) if first > lo else (first, end)
            lo = end + 1
        return (lo, last) if lo <= last else None

    def _apply(self, changes: list[PageChange], sealed: bool = False) -> None:
        for change in changes:
            self._clear(change.lo, change.last)
            self._put(change.lo, change.last, change.after, sealed)

    def _put(self, lo: int, last: int, protection: str, sealed: bool = False) -> None:
        self._runs.add(lo, last)
        self._protection[lo] = protection
        if sealed:
            self._sealed.add(lo)

    def _clear(self, lo: int, last: int) -> None:
        for first, end in self._runs.overlapping(lo, last):
            self._runs.remove(first)
            protection, sealed = self._protection.pop(first), first in self._sealed
            self._sealed.discard(first)
            if first < lo:
                self._put(first, lo - 1, protection, sealed)
            if end > last:
                self._put(last + 1, end, protection, sealed)
