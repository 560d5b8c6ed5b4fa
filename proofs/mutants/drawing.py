"""Tables and operations drawn at the edges, without Hypothesis: huge sizes, odd alignments, the ends of the space.

The machine's own strategies come upon most mutants within a few dozen runs; upon a sum that wraps, hardly ever. This
draws a hundred times as fast, and where things go wrong. Everything follows from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.params import ARBITER, ARBITER_SEARCH, CLAIMS, FREE_ACCESS, GUARD, PROTECT, Assumptions, Kind
from modalloc_model.trace import OF_OTHERS, Placement, Step

PAGES = {8: 4, 16: 16, 32: 4096, 64: 4096}
NAMES = ("TEXT", "DATA", "RODATA_AFTER_INIT")
SECTIONS = (
    ("TEXT", Kind.TEXT, False),
    ("DATA", Kind.DATA, False),
    ("RODATA", Kind.RODATA, False),
    ("RODATA_AFTER_INIT", Kind.RODATA_AFTER_INIT, False),
    ("INITDATA", Kind.DATA, True),
)
MOST = 4
OF_MODULES = ("load", "load", "load", "finish_init", "unload")
ItemT = TypeVar("ItemT")


class Draw:
    """The choices of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def of(self, items: Sequence[ItemT]) -> ItemT:
        """One of them."""
        return self._random.choice(items)

    def table(self) -> Concrete:
        """Up to two roots, anywhere."""
        bits = self.of((8, 8, 16, 32, 64))
        page = PAGES[bits]
        roots = tuple(self._root(name, bits, page) for name in self._random.sample(NAMES, self.of((1, 1, 2))))
        targets = [root.name for root in roots]
        sections = tuple(ConcreteSection(*section, root=self.of(targets)) for section in SECTIONS)
        assume = self._assumptions()
        guard = page if assume.guard == "page" else 0
        registered = (self._range(bits, page),) if self.of((False, False, True)) else ()
        return Concrete(bits, page, guard, assume, roots, sections, registered)

    def _assumptions(self) -> Assumptions:
        claims: tuple[str, ...] = self.of(((), CLAIMS))
        how = (self.of(PROTECT), self.of(FREE_ACCESS), self.of(ARBITER), self.of(GUARD))
        return Assumptions(*how, claims, self.of(ARBITER_SEARCH))

    def _root(self, name: str, bits: int, page: int) -> ConcreteRoot:
        granularity = self.of((page, page, 4 * page, 4 * page, 2 * page, 1, 3, 0))
        alignment = self.of((page, page, page // 2, 1, 2 * page, 3, 6, page + page // 2, 1 << (bits - 1)))
        second = self.of((None, None, self._range(bits, page)))
        protection = self.of(("rwx", "rw-", "r-x", "r--", "rw-"))
        flags = (self.of((True, False)), self.of((True, False)), self.of((True, False)))
        root = ConcreteRoot(name, granularity, alignment, (self._range(bits, page), second), protection, *flags)
        return self._carved(root, page) if self.of((True, False, False, False)) else root

    def _carved(self, root: ConcreteRoot, page: int) -> ConcreteRoot:
        """Carved page by page, out of large pages or not, whatever it promises."""
        large, promised = self.of((4 * page, 4 * page, 2 * page, 0)), self.of((page, page // 2, 2 * page, 0))
        return replace(root, granularity=page, alignment=page, carved=True, large=large, promised=promised)

    def _range(self, bits: int, page: int) -> ConcreteRange:
        top = (1 << bits) - 1
        length = min(
            top + 1, self.of((page, 2 * page, 4 * page, 8 * page, 12 * page, top + 1)) + self.of((0, 0, 1, -1))
        )
        first = self.of((0, 1, top - length + 1, top - length, 4 * page, self._random.randrange(top + 1)))
        return ConcreteRange(max(0, first), min(top, max(0, first) + length - 1))

    def step(self, params: Concrete, able: dict[str, list[Any]]) -> Step:
        """An operation of one of the modules, holes or areas of others that are `able` to take part in it."""
        operation = self.of([op for op in (*OF_MODULES, *OF_OTHERS) if able[op]])
        if operation in OF_OTHERS:
            return self._area(operation, self.of(able[operation]), params.page)
        wanted = tuple(self._placement(params) for _ in range(self.of((1, 1, 2, 3)))) if operation == "load" else ()
        return Step(operation, self.of(able[operation]), wanted, self.of((True, False)))

    def _area(self, operation: str, whole: tuple[int, int, str], page: int) -> Step:
        """A return of the whole; of a hole, some part is taken."""
        first, last, root = whole
        if operation == "take":
            first = min(last, first + self.of((0, 0, page, 4 * page)))
            last = max(first, self.of((last, last, last - page, last - 4 * page, first + page - 1)))
            last = min(last, whole[1])
        return Step(operation, first=first, last=last, root=root)

    def _placement(self, params: Concrete) -> Placement:
        section, top, page = self.of(params.sections), (1 << params.bits) - 1, params.page
        usual = (1, 1, page // 2 + 1, page, page + 1, 2 * page, 4 * page)
        huge = (0, top, top - page, top - 4 * page, top - self._random.randrange(8 * page), 1 << (params.bits - 1))
        return Placement(section.name, self.of(self.of((usual, usual, usual, huge))), None)
