"""The shared vocabulary: machines, types, ranges, protections, assumptions, and the table that they form.

A :class:`ParamSet` is the *meaning* of a table: every value is a term, so that a boot-dependent value stays symbolic,
and the same rules apply to a table with concrete values and to the theorems' table, which is fully symbolic. The same
table in one boot, as plain integers, is :class:`modalloc_model.concrete.Concrete`.

Source: struct mod_alloc_type and its kernel-doc (the mail of December 2022), struct execmem_range (Linux 6.10).
Addresses and sizes are in bytes. An interval is written [lo, last] with its last byte included, so that it may end at
the top of the address space.
"""

from __future__ import annotations

from modalloc_model.params.alloc_type import MAX_ADDRESS_SPACES, AllocType, Kind, Location, Protection, Range, Section
from modalloc_model.params.machine import Bound, Machine, Unknown
from modalloc_model.params.reach import (
    DATA,
    EVERYTHING,
    INIT_TEXT,
    KERNEL,
    PLACES,
    TARGETS,
    TARGETS_OF_TEXT,
    TEXT,
    Reach,
    Region,
    goes_round,
    interval_fits,
    paged,
    paged_region,
    same_segment,
    values_fit,
)
from modalloc_model.params.table import (
    ARBITER,
    ARBITER_SEARCH,
    BY_LOADER,
    CLAIMS,
    FREE_ACCESS,
    GUARD,
    NO_CLAIM,
    PROTECT,
    Assumptions,
    Dialect,
    ParamSet,
)

__all__ = [
    "ARBITER", "ARBITER_SEARCH", "BY_LOADER", "CLAIMS", "DATA", "EVERYTHING", "FREE_ACCESS", "GUARD",
    "INIT_TEXT", "KERNEL", "MAX_ADDRESS_SPACES", "NO_CLAIM", "PLACES", "PROTECT", "TARGETS", "TARGETS_OF_TEXT",
    "TEXT", "AllocType", "Assumptions", "Bound", "Dialect", "Kind", "Location", "Machine", "ParamSet",
    "Protection", "Range", "Reach", "Region", "Section", "Unknown", "goes_round", "interval_fits", "paged",
    "paged_region", "same_segment", "values_fit",
]  # fmt: skip
