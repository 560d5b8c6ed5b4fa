"""What happened: the micro-operations of a run, in order, and what is accounted for at the end of a step.

Events make the story of a counterexample, and are all that the oracles of violations.py see of a run, apart from
what the allocator says of its extents. Leaves out: why; the rules say that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """The micro-operations."""

    MAP = "map"
    """A block [lo, last] is mapped for `root`, with the protection `after`; the guard page behind it is not counted."""
    ALLOC = "alloc"
    """[lo, last] is live, for `size` bytes of `section` of `module`."""
    FILL = "fill"
    """The extent [lo, last] is written."""
    PROTECT = "protect"
    """The pages [lo, last] go from the protection `before` to `after`."""
    SEAL = "seal"
    """The pages [lo, last] lose write permission for good: the extent is read-only after init."""
    SEALED = "sealed"
    """The extent [lo, last] counts as sealed from here."""
    FREE = "free"
    """The extent [lo, last] is given up; what follows of its invalidation happens to nobody's memory."""
    MERGE = "merge"
    """The free space around the freed extent is now [lo, last]."""
    UNMAP = "unmap"
    """The block [lo, last] goes back to the arbiter."""
    FAULT = "fault"
    """The pages [lo, last] of the extent being written are not writable. The run ends."""
    COLLISION = "collision"
    """A block [lo, last] of `root`, for `section` of `module`, meets what another root has mapped. The run ends."""
    TAKE = "take"
    """Others take [lo, last] from the arbiter of `root`; from the one that all share, where none is named."""
    RETURN = "return"
    """Others return [lo, last], and it is free."""
    REFUSED = "refused"
    """No place for `size` bytes of `section`."""
    ROLLBACK = "rollback"
    """A load has failed; what it has is freed in the reverse order."""
    PHASE = "phase"
    """`module` enters the phase `note`."""
    BRANCH = "branch"
    """An instruction of `module` at `lo` names `last` by the reach rule `note`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One micro-operation. Fields that say nothing for its kind keep their defaults."""

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
    """What a part of a block is used for."""

    LIVE = "live"
    FREE = "free"
    PADDING = "padding"


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a block, and what it is used for."""

    root: str
    lo: int
    last: int
    use: Use


class Ended(Exception):
    """The run ends: nothing that comes afterwards is judged."""
