"""The reference for the allocator: section 3 of spec/semantics.md as a list of open places, without trees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from modalloc_model.allocator.observation import Observation
from modalloc_model.concrete import ConcreteRange, ConcreteRoot


def align(x: int, alignment: int, bits: int) -> int:
    """ALIGN(), written out."""
    mask = (1 << bits) - 1
    return (x + alignment - 1) & mask & ~(alignment - 1)


@dataclass(frozen=True)
class Part:
    """The part [first, end] of a hole in a range. `tried`: the place that the search tries; `sure`: it finds it."""

    first: int
    end: int
    tried: int
    sure: bool
    alignment: int
    length: int

    def holds(self, place: int) -> bool:
        """A block may be placed there."""
        aligned = not place & (self.alignment - 1)
        return aligned and self.first <= place and place + self.length - 1 <= self.end


@dataclass
class Open:
    """The possible results of an allocation: its places, and whether it may fail."""

    reused: list[int] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    may_fail: bool = True

    def allows(self, place: int) -> bool:
        """It may be placed there."""
        return place in self.reused or any(part.holds(place) for part in self.parts)

    def makes(self, place: int, length: int) -> bool:
        """A block with an area of `length` bytes may be placed there."""
        return any(part.length == length and part.holds(place) for part in self.parts)

    @property
    def places_to_try(self) -> set[int | None]:
        """The places that the search tries, and None if it may find nothing."""
        places = {*self.reused, *(part.tried for part in self.parts if part.holds(part.tried))}
        return {*places, *([None] if self.may_fail else [])}


def open_places(state: Observation, section: str, size: int) -> Open:
    """The possible results of the allocation."""
    params = state.params
    root = next((r for r in params.roots if r.name == params.section(section).root), None)
    if root is None or size == 0:
        return Open()
    s = align(size, root.alignment, params.bits)
    if s < size:
        return Open()
    reused = _places_in_free_space(state, root, s)
    return Open(reused, may_fail=False) if reused else _fresh(state, root, s)


def _places_in_free_space(state: Observation, root: ConcreteRoot, s: int) -> list[int]:
    if not (root.carved or root.granularity > root.alignment):
        return []
    found = [(align(lo, root.alignment, state.params.bits), lo, last) for lo, last in state.free_space(root.name)]
    return sorted(p for p, lo, last in found if lo <= p <= last and s - 1 <= last - p)


def _fresh(state: Observation, root: ConcreteRoot, s: int) -> Open:
    found = Open()
    granules = [root.large, root.granularity] if root.large else [root.granularity]
    for chosen, granule in product(filter(None, root.ranges), granules):
        n = align(s, granule, state.params.bits)
        t = n + state.params.guard
        fits = n >= s and t < 1 << state.params.bits
        parts = list(_parts(state, root, chosen, max(granule, root.alignment), t)) if fits else []
        found.parts += parts
        if any(part.sure for part in parts):
            found.may_fail = False
            break
    return found


def _parts(state: Observation, root: ConcreteRoot, chosen: ConcreteRange, alignment: int, t: int) -> Iterator[Part]:
    bits = state.params.bits
    for lo, last in state.holes(root.name, ConcreteRange(0, (1 << bits) - 1)):
        first, end = max(lo, chosen.first), min(last, chosen.last)
        if first <= end:
            tried = align(first, alignment, bits)
            fits = first <= tried <= end and t - 1 <= end - tried
            seen = last - lo + 1 >= sought(state, alignment, chosen, t)
            yield Part(first, end, tried, fits and seen, alignment, t)


def sought(state: Observation, alignment: int, chosen: ConcreteRange, t: int) -> int:
    """find_vmap_lowest_match(): it searches for holes of this many bytes, and may overlook shorter ones."""
    params = state.params
    short = chosen.last - chosen.first + 1 == t
    if params.assumptions.arbiter_search == "exact" or alignment <= params.page or short:
        return t
    return (t + alignment - 2) % (1 << params.bits) + 1
