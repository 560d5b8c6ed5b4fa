"""A change in both directions, decided over all boots: addresses, protections, capacity, reach.

Places are compared by what lies there: a section of the loader, by its kind and life, whatever its dialect calls it, or
a type that others than the loader allocate from.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modalloc_model.params import ParamSet

if TYPE_CHECKING:
    from modalloc_model.gate.findings import Finding, Shape


def directions(base: ParamSet, head: ParamSet, shape: Shape) -> Iterator[Finding]:
    """What was gained and what was lost, each kind in turn."""
    from modalloc_model.gate.directions import addresses, capacity, protections, reach

    yield from protections.compare(base, head)
    yield from addresses.compare(base, head)
    yield from capacity.compare(base, head, shape)
    yield from reach.compare(base, head)
