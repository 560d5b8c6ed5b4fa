"""The parts of executable allocators, in plain Python data structures, and the oracles that judge their runs.

The executable side of spec/semantics.md imports nothing from the symbolic side. Designs share these modules:
address_tree.py and pages.py hold states, placement.py makes the free choices, events.py defines the events of a run,
and observation.py, oracles/ and violations.py judge it. The operations are in modalloc_model/designs.
"""

from modalloc_model.allocator.events import Ended, Event, EventKind
from modalloc_model.allocator.placement import (
    AnyPlace,
    BestFit,
    ClosedPlacement,
    Highest,
    Lowest,
    Policy,
    Random,
    Scripted,
)
from modalloc_model.allocator.violations import Violation, Watcher, oracles

__all__ = [
    "AnyPlace",
    "BestFit",
    "ClosedPlacement",
    "Ended",
    "Event",
    "EventKind",
    "Highest",
    "Lowest",
    "Policy",
    "Random",
    "Scripted",
    "Violation",
    "Watcher",
    "oracles",
]
