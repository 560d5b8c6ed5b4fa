"""Who hands out address space for blocks: vmalloc, or a root's own.

Two designs, which others take address space from: they differ in what a search passes over, and in nothing else.
"""

from __future__ import annotations

from dataclasses import replace

from modalloc_model.designs.arbiter.symbolic import CLAUSES, operations, others, start
from modalloc_model.designs.design import Design

EXACT = Design(
    name="exact",
    title="an arbiter whose search finds every hole that has an aligned place",
    source="the mail of December 2022, which leaves the arbiter open",
    operations=operations,
    clauses=CLAUSES,
    start=start,
    others=others,
)

LINUX = replace(
    EXACT,
    name="linux",
    title="vmalloc's search, which passes over holes that are shorter than the size and the alignment",
    source="6.12:mm/vmalloc.c:1548-1621, 1815-1848",
)
