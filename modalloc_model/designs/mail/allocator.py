"""alloc, fill, seal, free: the primitives that the module loader is made of.

Models: section 3 of spec/semantics.md, which follows the kernel-doc of struct mod_alloc_type (the mail of December
2022) and, where that is silent, mm/execmem.c and kernel/module/main.c of Linux 6.12. Every operation is atomic.
Leaves out: interleavings between locks, failures of set_memory_*(), the contents of memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from modalloc_model.allocator.address_tree import AddressTree
from modalloc_model.allocator.events import Ended, Event, EventKind, Tile
from modalloc_model.allocator.pages import OPENED, PageChange, Pages, writable
from modalloc_model.allocator.placement import Fit, Lowest, Policy
from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection, letters
from modalloc_model.designs.arbiter.executable import Arbiter, arbiters
from modalloc_model.designs.mail.pool import Block, Extent, Pool
from modalloc_model.params import BY_LOADER
from modalloc_model.words import align_up

FINAL = {kind: letters(protection, {}) for kind, protection in BY_LOADER.items()}
"""What the loader gives each kind of section, as letters."""


class Collision(Ended):
    """A block [lo, last] of `root` is to be mapped where a block of another root is mapped.

    vmap_pages_pte_range() warns and gives up: 6.12:mm/vmalloc.c:534-571.
    """

    def __init__(self, block: Block, other: tuple[int, int]) -> None:
        super().__init__(block, other)
        self.block = block
        self.other = other

    def __str__(self) -> str:
        block, (lo, last) = self.block, self.other
        return f"a block of {block.root} at [{block.lo:#x}, {block.last:#x}] meets one at [{lo:#x}, {last:#x}]"

    @property
    def span(self) -> tuple[int, int]:
        """The block's addresses."""
        return self.block.lo, self.block.last


class Fault(Ended):
    """A write to pages [lo, last] that do not allow it, in `operation` ("fill" or "free") of `extent`. Ends the run."""

    def __init__(self, operation: str, extent: Extent, lo: int, last: int) -> None:
        super().__init__(operation, extent, lo, last)
        self.operation = operation
        self.extent = extent
        self.lo = lo
        self.last = last

    def __str__(self) -> str:
        name = f"{self.operation} of {self.extent.section} of {self.extent.module}"
        return f"{name}: [{self.lo:#x}, {self.last:#x}] is not writable"


class Allocator:
    """The memory of all roots of a table in one boot. `events`, where given, is appended to as things happen."""

    def __init__(self, params: Concrete, policy: Policy | None = None, events: list[Event] | None = None) -> None:
        self.params = params
        self.policy: Policy = policy if policy is not None else Lowest()
        self.events = events
        self.pages = Pages(params.page)
        self.pools = {root.name: Pool(root, params.bits) for root in params.roots}
        self.arbiters = arbiters(params)
        self._sections = {section.name: section for section in params.sections}
        self._mapped = AddressTree() if params.assumptions.arbiter == "private" else None  # every root's blocks

    # -- the operations ---------------------------------------------------------------------------------------------

    def alloc(self, name: str, size: int, module: str) -> Extent | None:
        """A live extent for `size` bytes of the section `name`; None, and the state as before, where none is found.

        KeyError where the table has no such section. Collision.
        """
        self.policy.request()
        section = self._sections[name]
        try:
            extent = self._alloc(section, size, module)
        except Collision as collision:
            self._tell_of(EventKind.COLLISION, Extent(collision.block, *collision.span, name, module, size))
            raise
        if extent is not None:
            self.pools[section.root].live[extent] = None
            self._tell_of(EventKind.ALLOC, extent)
        elif self.events is not None:
            self.events.append(Event(EventKind.REFUSED, 0, 0, section.root, name, module, size=size))
        return extent

    def fill(self, extent: Extent) -> None:
        """Write the extent: by the table's `fill`, or by memcpy() under the present protection. Fault."""
        root = self.pools[extent.root].root
        opens = self.params.assumptions.protect == "after-fill" and not root.fill and not writable(root.protection)
        if opens:
            self._protect(extent, OPENED, "opened for fill")
        if not root.fill:
            self._require_writable(extent, "fill")
        extent.filled = True
        self._tell_of(EventKind.FILL, extent, "by fill()" if root.fill else "by memcpy()")
        if opens:
            self._protect(extent, root.protection, "closed after fill")

    def finalise(self, extent: Extent) -> None:
        """Give the extent's pages the loader's own protection for its kind of section (`protect=by-loader`)."""
        extent.reprotected = True
        self._protect(extent, FINAL[self._sections[extent.section].kind], "given by the loader")

    def seal(self, extents: Sequence[Extent]) -> None:
        """Take write permission from the pages of the extents, for good: one operation for all of them."""
        for extent in extents:
            extent.sealed = True
            self._tell_of(EventKind.SEALED, extent)
        for extent in extents:
            self._tell_changes(EventKind.SEAL, extent, self.pages.seal(extent.lo, extent.last), "read-only after init")

    def free(self, extent: Extent) -> None:
        """Invalidate the extent and give its memory back. Fault."""
        self._tell_of(EventKind.FREE, extent)
        self._invalidate(extent)
        pool = self.pools[extent.root]
        del pool.live[extent]
        if not pool.root.reuses:
            self._unmap(pool, extent.block)
            return
        lo, last = pool.vacate(extent)
        self._tell_block(EventKind.MERGE, extent.root, lo, last)
        block = extent.block
        if (lo, last) == (block.lo, block.last) and self.policy.release:
            self._unmap(pool, block)

    def take(self, lo: int, last: int, root: str = "") -> None:
        """Others take [lo, last] from the root's arbiter, or from the one that all share.

        ValueError where some of it is busy; KeyError where there is no such arbiter.
        """
        self._arbiter(root).take(lo, last)
        self._tell_block(EventKind.TAKE, root, lo, last)

    def restore(self, lo: int, last: int, root: str = "") -> None:
        """Others return what they have taken. ValueError where that is not [lo, last]; KeyError as in `take`."""
        self._arbiter(root).restore(lo, last)
        self._tell_block(EventKind.RETURN, root, lo, last)

    def _arbiter(self, root: str) -> Arbiter:
        shared = self.params.assumptions.arbiter == "shared"
        if shared == bool(root):
            raise KeyError(root)
        return next(iter(self.arbiters.values())) if shared else self.arbiters[root]

    # -- what there is ----------------------------------------------------------------------------------------------

    def section(self, name: str) -> ConcreteSection:
        """The table's section of that name; KeyError if it has none."""
        return self._sections[name]

    def live(self) -> list[Extent]:
        """Every live extent, by address; with private arbiters, by root where addresses are alike."""
        found = [extent for pool in self.pools.values() for extent in pool.live]
        return sorted(found, key=lambda extent: (extent.lo, extent.last))

    def blocks(self) -> list[Block]:
        """Every block, by root and address."""
        return [block for pool in self.pools.values() for block in pool.blocks()]

    def tiles(self) -> list[Tile]:
        """Every part of every block and its use, by root and address."""
        return [tile for pool in self.pools.values() for tile in pool.tiles()]

    def check(self) -> None:
        """AssertionError where the bookkeeping contradicts itself."""
        for pool in self.pools.values():
            pool.check()
        for arbiter in self.arbiters.values():
            arbiter.check()

    # -- alloc ------------------------------------------------------------------------------------------------------

    def _alloc(self, section: ConcreteSection, size: int, module: str) -> Extent | None:
        pool = self.pools.get(section.root)
        if pool is None or size == 0:
            return None
        length = self._align(size, pool.root.alignment)
        if length < size:  # wrapped, or the alignment is 0
            return None
        fit = self.policy.choose(pool.fits(length)) if pool.root.reuses else None
        if fit is not None:
            last = fit.place + length - 1
            return Extent(pool.carve(fit, last), fit.place, last, section.name, module, size)
        block = self._fresh(pool, length)
        if block is None:
            return None
        return Extent(block, block.lo, block.lo + length - 1, section.name, module, size)

    def _fresh(self, pool: Pool, length: int) -> Block | None:
        root = pool.root
        fit, block_length = self._hole(root, length)
        if fit is None:
            return None
        block = Block(root.name, fit.place, fit.place + block_length - 1)
        self._require_unmapped(block)
        self.arbiters[root.name].claim(block.lo, block.last + self.params.guard)
        pool.add_block(block, block.lo + length)
        self.pages.map(block.lo, block.last, root.protection)
        self._tell_block(EventKind.MAP, root.name, block.lo, block.last, root.protection)
        return block

    def _hole(self, root: ConcreteRoot, length: int) -> tuple[Fit | None, int]:
        """A place for a block that holds `length` bytes, and the block's bytes."""
        for chosen in (chosen for chosen in root.ranges if chosen is not None):
            for attempt in root.attempts():
                block_length = self._align(length, attempt.granularity)
                fit = self._place(attempt, block_length + self.params.guard, chosen) if block_length >= length else None
                if fit is not None:
                    return fit, block_length
        return None, 0

    def _place(self, root: ConcreteRoot, area_length: int, chosen: ConcreteRange) -> Fit | None:
        if area_length >> self.params.bits:  # wrapped
            return None
        alignment = max(root.granularity, root.alignment)
        return self.policy.choose(self.arbiters[root.name].fits(area_length, alignment, chosen))

    def _require_unmapped(self, block: Block) -> None:
        """With an arbiter each, roots do not know of each other's blocks."""
        if self._mapped is None:
            return
        for other in self._mapped.overlapping(block.lo, block.last):
            raise Collision(block, other)
        self._mapped.add(block.lo, block.last)

    def _align(self, x: int, alignment: int) -> int:
        aligned = align_up(x, alignment, self.params.bits)
        assert isinstance(aligned, int)
        return aligned

    # -- free -------------------------------------------------------------------------------------------------------

    def _invalidate(self, extent: Extent) -> None:
        root = self.pools[extent.root].root
        restored = self.params.assumptions.free_access == "restored"
        if restored and (extent.sealed or extent.reprotected):
            self._protect(extent, root.protection, "restored for free")
        if root.invalidate:
            return
        opens = restored and not writable(root.protection)
        if opens:
            self._protect(extent, OPENED, "opened for invalidation")
        self._require_writable(extent, "free")
        if opens:
            self._protect(extent, root.protection, "closed after invalidation")

    def _unmap(self, pool: Pool, block: Block) -> None:
        pool.drop_block(block)
        if self._mapped is not None:
            self._mapped.remove(block.lo)
        self.pages.unmap(block.lo, block.last)
        self.arbiters[block.root].give_back(block.lo, block.last + self.params.guard)
        self._tell_block(EventKind.UNMAP, block.root, block.lo, block.last)

    # -- protection and events --------------------------------------------------------------------------------------

    def _require_writable(self, extent: Extent, operation: str) -> None:
        found = self.pages.unwritable(extent.lo, extent.last)
        if found is not None:
            self._tell_of(EventKind.FAULT, extent, operation, PageChange(*found, "", ""))
            raise Fault(operation, extent, *found)

    def _protect(self, extent: Extent, protection: str, note: str) -> None:
        changes = self.pages.protect(extent.lo, extent.last, protection)
        self._tell_changes(EventKind.PROTECT, extent, changes, note)

    def _tell_changes(self, kind: EventKind, extent: Extent, changes: Sequence[PageChange], note: str) -> None:
        for change in changes:
            self._tell_of(kind, extent, note, change)

    def _tell_of(self, kind: EventKind, extent: Extent, note: str = "", change: PageChange | None = None) -> None:
        if self.events is not None:
            c = change or PageChange(extent.lo, extent.last, "", "")
            whose = (extent.root, extent.section, extent.module)
            self.events.append(Event(kind, c.lo, c.last, *whose, c.before, c.after, extent.size, note))

    def _tell_block(self, kind: EventKind, root: str, lo: int, last: int, after: str = "") -> None:
        if self.events is not None:
            self.events.append(Event(kind, lo, last, root, after=after))

    def tell(self, kind: EventKind, module: str, note: str = "") -> None:
        """Record an event of a module as a whole, if events are recorded."""
        if self.events is not None:
            self.events.append(Event(kind, module=module, note=note))
