"""Decides every rule for a table: by theorem, by search and replay, or by induction on the table's own values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modalloc_model.engine.verify import Options, verify_table

__all__ = ["Options", "verify_table"]


def __getattr__(name: str) -> Any:
    """Loaded when asked for: a solver's own process has no use for the rules."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from modalloc_model.engine import verify

    return getattr(verify, name)
