"""Section 3 of spec/semantics.md once more, as a list of the places that are open: no trees, no policies.

What the allocator offers is compared with this, place by place.
"""

from __future__ import annotations

from modalloc_model.allocator.observation import Observation
from modalloc_model.concrete import ConcreteRange, ConcreteRoot


def align(x: int, alignment: int, bits: int) -> int:
    """ALIGN(), written out."""
    mask = (1 << bits) - 1
    return (x + alignment - 1) & mask & ~(alignment - 1)


def open_places(state: Observation, section: str, size: int) -> list[int]:
    """Every address at which the allocation may be placed, in address order; none where it has to fail."""
    params = state.params
    root = next((r for r in params.roots if r.name == params.section(section).root), None)
    if root is None or size == 0:
        return []
    s = align(size, root.alignment, params.bits)
    if s < size:
        return []
    return _reused(state, root, s) or _fresh(state, root, s)


def _reused(state: Observation, root: ConcreteRoot, s: int) -> list[int]:
    if not root.granularity > root.alignment:
        return []
    found = [(align(lo, root.alignment, state.params.bits), lo, last) for lo, last in state.free_space(root.name)]
    return sorted(p for p, lo, last in found if lo <= p <= last and s - 1 <= last - p)


def _fresh(state: Observation, root: ConcreteRoot, s: int) -> list[int]:
    n = align(s, root.granularity, state.params.bits)
    t = n + state.params.guard
    if n < s or t >= 1 << state.params.bits:
        return []
    for chosen in root.ranges:
        found = _holes(state, root, chosen, t) if chosen else []
        if found:
            return found
    return []


def _holes(state: Observation, root: ConcreteRoot, chosen: ConcreteRange, t: int) -> list[int]:
    alignment = max(root.granularity, root.alignment)
    found = [(align(c, alignment, state.params.bits), c, d) for c, d in state.holes(root.name, chosen)]
    return sorted(p for p, c, d in found if c <= p <= d and t - 1 <= d - p)
