"""How many allocations a second the executable allocator makes, with so many extents live.

Measures the steady state: one extent, drawn, is freed and one of a drawn size is allocated. Recording is off.
Models nothing; clocks belong here and nowhere else in this package.
"""

from __future__ import annotations

import random
from time import perf_counter

from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.designs.mail.pool import Extent
from modalloc_model.params import Assumptions, Kind

PAGE = 1 << 12
PMD = 1 << 21


def machine(granularity: int, alignment: int) -> Concrete:
    """A 64-bit table of one root in half the address space."""
    root = ConcreteRoot("DATA", granularity, alignment, (ConcreteRange(1 << 40, 1 << 62),), "rw-", False, False, False)
    section = ConcreteSection("DATA", Kind.DATA, False, "DATA")
    return Concrete(64, PAGE, 0, Assumptions(), (root,), (section,))


def operations_per_second(live: int, operations: int, granularity: int = PMD, alignment: int = 64) -> float:
    """Pairs of a free and an alloc a second, `operations` of them, with `live` extents live."""
    allocator, generator = Allocator(machine(granularity, alignment)), random.Random(0)
    extents = [_one(allocator, generator) for _ in range(live)]
    _churn(allocator, extents, generator, live)  # until free space is scattered
    start = perf_counter()
    _churn(allocator, extents, generator, operations)
    return operations / (perf_counter() - start)


def _churn(allocator: Allocator, extents: list[Extent], generator: random.Random, operations: int) -> None:
    for _ in range(operations):
        index = int(generator.random() * len(extents))
        allocator.free(extents[index])
        extents[index] = _one(allocator, generator)


def _one(allocator: Allocator, generator: random.Random) -> Extent:
    extent = allocator.alloc("DATA", 1 + int(generator.random() * 4 * PAGE), "m")
    assert extent is not None, "half an address space is full"
    return extent
