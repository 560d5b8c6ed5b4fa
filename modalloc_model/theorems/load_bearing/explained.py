"""Hypotheses that a theorem does not need, each with the reason for which it is there.

An entry for a hypothesis that is needed, or that no theorem has, is reported as an inconsistency.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from modalloc_model.params import Kind
from modalloc_model.theorems.load_bearing.pieces import Piece

EVERY = "*"

EXPLAINED: Mapping[Piece, str] = MappingProxyType(
    {
        Piece(EVERY, "machine"): "the reader checks it of every profile, so no table fails because of it",
        Piece(EVERY, "ALN001", "what R promises is a power of two"): (
            "only ALN004 is about what callers may rely on; no placement uses it"
        ),
        Piece(EVERY, "ALN002", "R.shared_pmd == (R.granularity == PMD_SIZE)"): (
            "the flag moves no memory. ALN002 refutes a table in which only the flag is wrong; its other rules are "
            "proved on the table's values, not by theorem"
        ),
        Piece("ROI003", "ROI003", "the loader leaves other sections' pages of R alone"): (
            "it follows from ROI002: a loader seals this section, so extents have pages of their own"
        ),
        **{
            Piece("PRT003", "PRT003", f"!(final protection of {kind} allows write && {both} execute)"): (
                "it follows from the other parts: the final protection is the mapped one or the loader's, never w and x"
            )
            for kind in Kind
            for both in (f"final protection of {kind} allows",)
        },
        **{
            Piece("PRT005", "PRT005", f"!final protection of {kind} allows execute"): (
                "it follows from the other parts: the final protection is the mapped one or the loader's, no x for data"
            )
            for kind in Kind
            if kind is not Kind.TEXT
        },
    }
)
"""By rule (`*` for every rule), hypothesis and part. An entry without a part covers each part."""

NO_RUN = "no run is searched for: random runs have no branches"
"""The note of a rule whose violation ends with a branch."""


def explanation(piece: Piece) -> str:
    """The explanation of the piece; "" if there is none."""
    for rule in (piece.rule, EVERY):
        for part in (piece.part, ""):
            if Piece(rule, piece.hypothesis, part) in EXPLAINED:
                return EXPLAINED[Piece(rule, piece.hypothesis, part)]
    return ""
