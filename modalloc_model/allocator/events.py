"""The events of a run, one for each micro-operation, and the tiles of its blocks after a step.

A counterexample is printed from its events. The oracles of violations.py see the events and the tiles, and nothing
else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """The micro-operations."""

    MAP = "map"
    """A block [lo, last] is mapped for `root` with the protection `after`. [lo, last] excludes the guard page."""
    ALLOC = "alloc"
    """[lo, last] is live, for `size` bytes of `section` of `module`."""
    FILL = "fill"
    """The extent [lo, last] is written."""
    PROTECT = "protect"
    """The pages [lo, last] go from the protection `before` to `after`."""
    SEAL = "seal"
    """The pages [lo, last] lose write permission for good: the extent is read-only after init."""
    SEALED = "sealed"
    """The extent [lo, last] is sealed from now on."""
    FREE = "free"
    """The extent [lo, last] is no longer live; its invalidation follows."""
    MERGE = "merge"
    """The free space around the freed extent is now [lo, last]."""
    UNMAP = "unmap"
    """The block [lo, last] is returned to the arbiter."""
    FAULT = "fault"
    """The pages [lo, last] of the extent being written are not writable. The run ends."""
    COLLISION = "collision"
    """A block [lo, last] of `root`, for `section` of `module`, meets what another root has mapped. The run ends."""
    TAKE = "take"
    """Others take [lo, last] from the arbiter of `root`, or from the shared arbiter if `root` is empty."""
    RETURN = "return"
    """Others return [lo, last], and it is free."""
    REFUSED = "refused"
    """No place for `size` bytes of `section`."""
    ROLLBACK = "rollback"
    """A load has failed; its extents are freed in the reverse order."""
    PHASE = "phase"
    """`module` enters the phase `note`."""
    BRANCH = "branch"
    """An instruction of `module` at `lo` refers to the address `last`, by the reach rule `note`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One micro-operation. Fields without a meaning for its kind keep their defaults."""

    kind: EventKind
    lo: int = 0
    last: int = 0
    root: str = ""
    section: str = ""
    module: str = ""
    before: str = ""  # protections, "rw-"; "---" is an unmapped page
    after: str = ""
    size: int = 0
    note: str = ""


class Use(StrEnum):
    """The use of a part of a block."""

    LIVE = "live"
    FREE = "free"
    PADDING = "padding"


@dataclass(frozen=True, slots=True)
class Tile:
    """A part [lo, last] of a block with its use."""

    root: str
    lo: int
    last: int
    use: Use


class Ended(Exception):
    """The run ends; later operations are not judged."""
