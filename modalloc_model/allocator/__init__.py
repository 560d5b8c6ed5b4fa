"""What executable allocators are made of, in plain Python data structures, and what judges them from outside.

The executable side of spec/semantics.md knows nothing of the symbolic one. Here is what designs have in common:
address_tree.py and pages.py hold states, placement.py is the freedom that operations leave, events.py is what they say,
observation.py, oracles/ and violations.py judge a run. The operations are in modalloc_model/designs.
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
