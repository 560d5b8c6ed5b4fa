"""Each placement of the executable allocator is one that the relations allow, with the same extent and block.

Without it, a relation that allows too little would prove rules of placements that never happen.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from modalloc_model.allocator.placement import Random
from modalloc_model.concrete import in_boot
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.designs.mail.operations import fresh, reuse
from modalloc_model.params import AllocType, ParamSet
from modalloc_model.smt.spans import Span
from modalloc_model.words import constant, evaluate
from tests.engine.tables import RIGHT, grafted, table

BOOT = {"kaslr_offset": 0x5000}
TABLES = {
    "right": RIGHT,
    "alignment 48": grafted("TEXT", "alignment", "48"),
    "odd granularity": grafted("DATA", "granularity", "3 * PAGE_SIZE"),
    "small range": grafted("TEXT", "end[0]", "MODULES_VADDR + 0x800000"),
}


def span(lo: int, last: int, bits: int) -> Span:
    return Span(constant(lo, bits), constant(last, bits))


def holes(allocator: Allocator, root: str, bits: int) -> list[Span]:
    """Between the busy areas, from the blocks alone."""
    busy = sorted((b.lo, b.last) for b in allocator.blocks())
    edges = [(-1, -1), *busy, (1 << bits, 1 << bits)]
    gaps = [(below[1] + 1, above[0] - 1) for below, above in pairwise(edges)]
    return [span(lo, last, bits) for lo, last in gaps if lo <= last]


def allowed(params: ParamSet, root: AllocType, size: int, free: list[Span], gaps: list[Span]) -> set[int]:
    """Every address at which the relations would place the request: in free extents, or else in the first range."""
    bits = params.machine.bits
    wanted = constant(size, bits)
    again = [reuse(root, f, wanted) for f in free]
    found = {evaluate(r.live.lo, BOOT) for r in again if evaluate(r.enabled, BOOT)}
    if found:
        return found
    new = [fresh(root, params.guard, hole, 0, wanted) for hole in gaps]
    return {evaluate(n.live.lo, BOOT) for n in new if evaluate(n.enabled, BOOT)}


@pytest.mark.parametrize("name", TABLES)
def test_a_placement_is_one_of_those_the_relations_allow(name: str) -> None:
    params = table(TABLES[name])
    params = replace(params, assumptions=replace(params.assumptions, free_access="restored"))
    generator = random.Random(1)
    allocator = Allocator(in_boot(params, BOOT), Random(random.Random(2)))
    bits, live, refused = params.machine.bits, [], 0
    for _ in range(150):
        section = generator.choice(params.sections)
        root = params.section_root(section)
        assert root is not None
        size = generator.choice((1, 64, 100, 4096, 5000, 70_000, 3 << 20))
        free = [span(t.lo, t.last, bits) for t in allocator.tiles() if t.root == root.name and t.use == "free"]
        options = allowed(params, root, size, free, holes(allocator, root.name, bits))
        extent = allocator.alloc(section.name, size, "m")
        assert (extent.lo in options) if extent else not options
        refused += extent is None
        live += [extent] if extent else []
        if live and generator.random() < 0.4:
            allocator.free(live.pop(generator.randrange(len(live))))
    assert live
    assert refused or name != "small range"
