"""The allocator of the mail of December 2022, which Linux up to 6.12 is a case of."""

from __future__ import annotations

from modalloc_model.allocator.violations import oracles
from modalloc_model.designs.arbiter.symbolic import HOLES_SEPARATE, start
from modalloc_model.designs.design import Design
from modalloc_model.designs.mail.invariants import ALIGNED, BLOCK_ALIGNED, FREE_APART, IN_RANGE, SEPARATION
from modalloc_model.designs.mail.lives import LIVES
from modalloc_model.designs.mail.player import Player
from modalloc_model.designs.mail.program import Program
from modalloc_model.designs.mail.theorems import PREMISES, THEOREMS
from modalloc_model.designs.mail.transitions import operations, others, scene_of
from modalloc_model.designs.mail.violations import VIOLATIONS, violated

MAIL = Design(
    name="mail",
    title="types that share a pool by mapto; blocks of a granularity, cut to an alignment, free space used again",
    source="kernel-doc of struct mod_alloc_type, mail of December 2022; 6.12:mm/execmem.c, 6.1:kernel/module/main.c",
    uses=("exact", "linux"),
    dialects=("mod_alloc", "execmem", "execmem-without-modules", "module_alloc"),
    scene=scene_of,
    operations=operations,
    start=start,
    others=lambda scene: others(scene, scene.pool),
    clauses=(*SEPARATION, IN_RANGE, BLOCK_ALIGNED, ALIGNED, FREE_APART, HOLES_SEPARATE),
    theorems=THEOREMS,
    premises=PREMISES,
    lives=frozenset(LIVES),
    violated=violated,
    breakable=frozenset(VIOLATIONS),
    program=Program,
    executable=Player,
    judges=oracles,
)
