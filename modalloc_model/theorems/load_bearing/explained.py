"""Hypotheses that a theorem does without, and why they stand there all the same.

Data alone. An entry for something that is needed, or that no theorem has, is an inconsistency and is reported as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from modalloc_model.params import Kind
from modalloc_model.theorems.load_bearing.pieces import Piece

EVERY = "*"

EXPLAINED: Mapping[Piece, str] = MappingProxyType(
    {
        Piece(EVERY, "machine"): "every profile is checked for it when it is read, so no table is refused for its sake",
        Piece(EVERY, "ALN001", "what R promises is a power of two"): (
            "whoever allocates may rely on it, and ALN004 alone is about that; nothing is placed by it"
        ),
        Piece(EVERY, "ALN002", "R.shared_pmd == (R.granularity == PMD_SIZE)"): (
            "the flag moves no memory: it is what ALN002 itself says. A table that has only the flag wrong is refuted "
            "by ALN002; for other rules it is not proved by theorem, but searched, and proved on its own values"
        ),
        Piece("ROI003", "ROI003", "the loader leaves other sections' pages of R alone"): (
            "it follows from ROI002: a loader seals this very section, so extents have pages of their own"
        ),
        **{
            Piece("PRT003", "PRT003", f"!(final protection of {kind} allows write && {both} execute)"): (
                "it follows from the others: the final protection is the mapped one or the loader's: never w and x"
            )
            for kind in Kind
            for both in (f"final protection of {kind} allows",)
        },
        **{
            Piece("PRT005", "PRT005", f"!final protection of {kind} allows execute"): (
                "it follows from the others: the final protection is the mapped one or the loader's: no x for data"
            )
            for kind in Kind
            if kind is not Kind.TEXT
        },
    }
)
"""By rule, hypothesis and part; the rule may be `*`. An entry without a part speaks of its parts too."""

NO_RUN: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("RCH001", "RCH002", "RCH003"), "no run is looked for: those drawn here have no branches")
)
"""Rules for which no run is looked for, and why."""


def explanation(piece: Piece) -> str:
    """What is said of the piece, or nothing."""
    for rule in (piece.rule, EVERY):
        for part in (piece.part, ""):
            if Piece(rule, piece.hypothesis, part) in EXPLAINED:
                return EXPLAINED[Piece(rule, piece.hypothesis, part)]
    return ""
