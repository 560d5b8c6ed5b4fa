"""Deciding: every rule for a table, by theorem, by search and replay, or by induction on the table's own values."""

from modalloc_model.engine.verify import Options, verify_table

__all__ = ["Options", "verify_table"]
