"""Which hypotheses does each theorem need? Each is dropped in turn, to find an obligation and a run that then fail."""

NEEDED, EXPLAINED, IDLE, OPEN, INCONSISTENT = STANDINGS = ("needed", "explained", "idle", "open", "inconsistent")
"""The outcomes for a hypothesis. Needed: an obligation fails without it. Explained: none fails, and `explained.py` says
why it is there. Idle: none fails, without an explanation. Open: the budget ran out. Inconsistent: the tool contradicts
itself."""
