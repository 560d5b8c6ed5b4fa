"""The executable allocator: what the kernel does, in plain Python data structures.

One of the two readings of spec/semantics.md; it knows nothing of the other, modalloc_model/designs/mail/. From the
inside out: address_tree.py, pages.py, arbiter.py and pool.py hold the state, allocator.py and loader.py the operations,
placement.py is the freedom they leave, events.py is what they say, observation.py, oracles/ and violations.py judge it
from outside, and replay.py runs a trace.
"""

from modalloc_model.allocator.allocator import Allocator, Collision, Ended, Fault
from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.allocator.loader import Loader, Phase, Request
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
from modalloc_model.allocator.replay import Replay, StepRecord, replay
from modalloc_model.allocator.violations import Violation, Watcher, oracles

__all__ = [
    "Allocator",
    "AnyPlace",
    "BestFit",
    "ClosedPlacement",
    "Collision",
    "Ended",
    "Event",
    "EventKind",
    "Fault",
    "Highest",
    "Loader",
    "Lowest",
    "Phase",
    "Policy",
    "Random",
    "Replay",
    "Request",
    "Scripted",
    "StepRecord",
    "Violation",
    "Watcher",
    "oracles",
    "replay",
]
