"""Is each hypothesis of each theorem needed? Each is dropped in turn; what breaks then: a step, and a whole run."""

NEEDED, EXPLAINED, IDLE, OPEN, INCONSISTENT = STANDINGS = ("needed", "explained", "idle", "open", "inconsistent")
"""What can become of a hypothesis: something fails without it; nothing does, and it is said why it stands there, or it
is not said; the budget ran out; the tool contradicts itself."""
