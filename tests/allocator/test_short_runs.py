"""Short runs on small tables, right or wrong: every placement is open, and the books agree with a bystander's.

Without it, an allocation at the edge of a word could put the allocator's books out of step with its pages.

The long runs are in tests/conformance; these take a second, on words of 8 and 16 bits in which everything wraps.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest

from modalloc_model.allocator import AnyPlace, BestFit, Event, EventKind, Highest, Lowest, Policy, Watcher
from modalloc_model.allocator.events import Ended, Use
from modalloc_model.concrete import Concrete, ConcreteRange
from modalloc_model.conformance.reference import open_places
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.designs.mail.loader import Loader, Request
from modalloc_model.designs.mail.pool import Extent
from modalloc_model.params import ARBITER, ARBITER_SEARCH, FREE_ACCESS, GUARD, PROTECT, Assumptions
from tests.allocator.tables import root, table

KINDS = {"TEXT": "a", "DATA": "a", "RODATA_AFTER_INIT": "b", "INITDATA": "b"}
LETTERS = ("rwx", "rw-", "r-x", "r--")


def drawn(generator: random.Random) -> Concrete:
    """Two roots of drawn values on a machine with 8 or 16 bits, mostly of powers of two."""
    bits, page = generator.choice(((8, 4), (8, 4), (16, 16)))
    top = (1 << bits) - 1
    sizes = (1, page // 2, page, page, 4 * page, 3, 0)
    roots = [
        root(
            name,
            generator.choice(LETTERS),
            granularity=generator.choice(sizes),
            alignment=generator.choice(sizes),
            ranges=[interval(generator, top), interval(generator, top) if generator.random() < 0.5 else None],
            seals=generator.random() < 0.5,
            fill=generator.random() < 0.5,
            invalidate=generator.random() < 0.5,
        )
        for name in "ab"
    ]
    if generator.random() < 0.3:
        roots[1] = replace(roots[1], ranges=roots[0].ranges)
    assume = Assumptions(
        generator.choice(PROTECT),
        generator.choice(FREE_ACCESS),
        generator.choice(ARBITER),
        generator.choice(GUARD),
        ("strict-rwx",),
        generator.choice(ARBITER_SEARCH),
    )
    params = table(*roots, sections=KINDS, assume=assume, bits=bits, page=page)
    taken = tuple(interval(generator, top) for _ in range(generator.randrange(3)))
    return replace(params, registered=tuple(r for r in taken if r.last - r.first < top // 4))


def interval(generator: random.Random, top: int) -> ConcreteRange:
    first = generator.randrange(top + 1)
    return ConcreteRange(first, min(top, first + generator.choice((3, 15, 63, top))))


class Checked(Allocator):
    """Compares each placement with what was open."""

    def __init__(self, params: Concrete, policy: Policy, events: list[Event]) -> None:
        super().__init__(params, policy, events)
        self.watcher, self.record, self.told = Watcher(params), events, 0

    def look(self) -> set[str]:
        """Catch up with the events; the rules that are newly violated."""
        new, self.told = self.record[self.told :], len(self.record)
        return {violation.rule for violation in self.watcher.step(new, self.tiles())}

    def alloc(self, name: str, size: int, module: str) -> Extent | None:
        seen = Watcher(self.params).state
        for event in self.record:
            seen.apply(event)
        places = open_places(seen, name, size)
        extent = super().alloc(name, size, module)
        assert places.allows(extent.lo) if extent else places.may_fail
        return extent


def check_books(allocator: Checked, faulted: bool) -> None:
    """Trees, free lists and page runs against plain lists."""
    allocator.check()
    seen, top = allocator.watcher.state, (1 << allocator.params.bits) - 1
    everywhere = ConcreteRange(0, top)
    for name, arbiter in allocator.arbiters.items():
        assert list(arbiter.holes()) == seen.holes(name, everywhere)
    ours = {p: letters for (lo, last), letters in allocator.pages.runs(0, top) for p in range(lo, last + 1)}
    theirs = {p: run.protection for run in seen.pages for p in range(run.lo, run.last + 1)}
    assert ours == theirs
    if not faulted:
        live = sorted((e.lo, e.last, e.root, e.section, e.module, e.sealed, e.filled) for e in allocator.live())
        assert live == sorted((e.lo, e.last, e.root, e.section.name, e.module, e.sealed, e.filled) for e in seen.live)
        for name, pool in allocator.pools.items():
            free = sorted((tile.lo, tile.last) for tile in pool.tiles() if tile.use is not Use.LIVE)
            assert free == sorted(seen.free_space(name))


def play(generator: random.Random, params: Concrete, policy: Policy) -> Counter[str]:
    """Loads, ends of init and unloads in any order, to the first fault; what was met."""
    events: list[Event] = []
    loader = Loader(params, policy, events)
    allocator = loader.allocator = Checked(params, policy, events)
    met: Counter[str] = Counter()
    for _ in range(14):
        module = generator.choice("xyz")
        with suppress(Ended):
            step(generator, loader, module)
        met.update(allocator.look())
        check_books(allocator, loader.ended)
        if loader.ended:
            break
    met.update(event.kind.value for event in events)
    return met


def others(generator: random.Random, allocator: Allocator) -> None:
    """Somebody else takes a part of a hole, or returns what they have."""
    private = allocator.params.assumptions.arbiter == "private"
    name, arbiter = generator.choice(list(allocator.arbiters.items()))
    there, holes = list(arbiter.foreign()), list(arbiter.holes())
    if there and generator.random() < 0.6:
        allocator.restore(*generator.choice(there), name if private else "")
    elif holes:
        lo, last = generator.choice(holes)
        first = generator.choice((lo, lo, min(last, lo + 3), generator.randint(lo, last)))
        allocator.take(first, generator.choice((first, min(last, first + 7))), name if private else "")


def step(generator: random.Random, loader: Loader, module: str) -> None:
    if loader.allocator.arbiters and generator.random() < 0.2:
        others(generator, loader.allocator)
        return
    phase, page = loader.phase(module), loader.allocator.params.page
    if phase == "gone":
        sizes = (1, page, page + 1, 3 * page, 0, (1 << loader.allocator.params.bits) - 1)
        weights = (5, 5, 5, 3, 1, 1)
        wanted = [Request(name, generator.choices(sizes, weights)[0]) for name in generator.choices(list(KINDS), k=3)]
        loader.load(module, wanted[: generator.randrange(1, 4)])
    elif phase == "init" and generator.random() < 0.6:
        loader.finish_init(module)
    else:
        loader.allocator.policy.release = generator.random() < 0.5
        loader.unload(module)


@pytest.mark.parametrize("seed", range(4))
def test_short_runs_keep_to_the_semantics(seed: int) -> None:
    generator, met = random.Random(seed), Counter[str]()
    policies: list[Policy] = [Lowest(), Highest(), BestFit(), AnyPlace(random.Random(seed))]
    for number in range(90):
        met += play(generator, drawn(generator), policies[number % len(policies)])
    assert not {"OVL001", "OVL004", "RNG004"} & met.keys()
    assert {kind.value for kind in EventKind} - {EventKind.BRANCH.value} <= met.keys()
