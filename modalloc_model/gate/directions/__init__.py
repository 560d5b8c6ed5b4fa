"""Gains and losses of a change, decided over all boots: addresses, protections, capacity, reach.

A section of one end corresponds to the section of the other end with the same kind and lifetime, whatever the dialects
call them. A type with users other than the loader corresponds to the type of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modalloc_model.params import ParamSet

if TYPE_CHECKING:
    from modalloc_model.gate.findings import Finding, Shape


def directions(base: ParamSet, head: ParamSet, shape: Shape) -> Iterator[Finding]:
    """The gains and losses of each direction in turn."""
    from modalloc_model.gate.directions import addresses, capacity, protections, reach

    yield from protections.compare(base, head)
    yield from addresses.compare(base, head)
    yield from capacity.compare(base, head, shape)
    yield from reach.compare(base, head)
