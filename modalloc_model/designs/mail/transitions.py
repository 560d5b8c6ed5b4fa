"""The mail's operations, each written once: as the elements it consumes and produces (spec/semantics.md, section 3).

Loads, rollbacks and unloads are sequences of these. Blocks come from the arbiter, whose own operations are here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from modalloc_model.designs.arbiter import symbolic as arbiter
from modalloc_model.designs.arbiter.symbolic import Hole
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.invariants import Extent
from modalloc_model.designs.mail.operations import (
    Rounding,
    block_alignment,
    fresh,
    fresh_rounding,
    reuse,
    reuse_rounding,
)
from modalloc_model.params import AllocType
from modalloc_model.smt import induction as about
from modalloc_model.smt import transitions as generic
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.spans import Span, joined, touches
from modalloc_model.smt.transitions import Clause, Computed, Element, Operation, Tiling, Transition
from modalloc_model.words import FALSE, TRUE, Term, implies, is_aligned, proposition, truth


@dataclass(frozen=True, slots=True)
class Scene(generic.Scene):
    """The mail's scene: its pools are roots, and whoever asks one asks by its own parameters."""

    def extent(self, name: str, free: Term, block: Span | None = None, root: AllocType | None = None) -> Extent:
        """Any extent, in any block or in the given one."""
        inside = block or self.span(f"{name}.block")
        return Extent(name, root or self.pool, self.span(name), inside, self.guard, free)

    def rounding(self, block: bool) -> Rounding:
        """Any three words for what an allocation rounds; without a block, its length is that of the allocation."""
        s = self.word("s")
        return Rounding(s, self.word("n") if block else s, self.word("p"), block)

    def part(self, name: str, span: Span, block: Span, free: Term) -> Extent:
        """The extent that an operation makes of the span."""
        return Extent(name, self.pool, span, block, self.guard, free)


def scene_of(matter: Matter) -> Scene:
    """What an induction about the matter is about."""
    table = matter.table
    return Scene(matter.root, table.machine.page, table.guard, table.machine.bits)


def operations(scene: Scene) -> tuple[Operation, ...]:
    """Every operation that changes extents, blocks or holes, and one for those that change none."""
    size, numbers = (scene.word("size"),), range(len(scene.asker.ranges))
    free, live = scene.extent("free", scene.pool.reuses), scene.extent("freed", FALSE)
    whole, hole = scene.extent("whole", proposition("whole.free")), Hole("hole", scene.span("hole"))
    fresh_blocks = (
        Operation(f"alloc from range {n}", (hole,), partial(_fresh, scene, n), size, words=(scene.rounding(True),))
        for n in numbers
    )
    return (
        Operation("alloc by reuse", (free,), partial(_reuse, scene), size, words=(scene.rounding(block=False),)),
        *fresh_blocks,
        Operation("free", (live,), partial(_free, scene), gives=lambda live: live),
        Operation("give back", (whole,), partial(_give_back, scene), gives=lambda whole: Hole("area", whole.area)),
        *arbiter.operations(scene),
        Operation("fill or seal", (scene.extent("kept", FALSE),), _keep),
    )


def transitions(scene: Scene) -> Iterator[Transition]:
    """What an induction looks at: each operation on arbitrary elements."""
    return (operation.arbitrary() for operation in operations(scene))


def others(scene: Scene, root: AllocType) -> tuple[Element, ...]:
    """One arbitrary other extent, hole and area of others."""
    return (
        scene.extent("other", proposition("other.free"), root=root),
        *arbiter.others(scene),
    )


def induction(
    scene: Scene, clauses: tuple[Clause, ...], given: tuple[Clause, ...] = (), other: AllocType | None = None
) -> Iterator[Obligation]:
    """Base and steps of `clauses` over the mail's operations.

    The arbitrary other extent is of root `other`; where no clause looks at roots, it stands for those of any root.
    """
    return about.induction(transitions(scene), clauses, others(scene, other or scene.pool), arbiter.start(scene), given)


def _reuse(scene: Scene, free: Extent, size: Term, words: Rounding | None = None) -> Transition:
    split = reuse(scene.asker, free.span, size, words)
    produced = (
        scene.part("left", split.left, free.block, TRUE),
        scene.part("live", split.live, free.block, FALSE),
        scene.part("right", split.right, free.block, TRUE),
    )
    tiling = Tiling("the free extent", (free.span,), (split.left, split.live, split.right))
    rounding = _computed(scene.asker, words, reuse_rounding(scene.asker, free.span, size)) if words else None
    return Transition("alloc by reuse", split.enabled, (free,), produced, (tiling,), rounding=rounding)


def _fresh(scene: Scene, number: int, hole: Hole, size: Term, words: Rounding | None = None) -> Transition:
    new = fresh(scene.asker, scene.guard, hole.span, number, size, words)
    produced = (
        Hole("before", new.before),
        scene.part("live", new.live, new.block, FALSE),
        scene.part("tail", new.tail, new.block, scene.pool.reuses),
        Hole("after", new.after),
    )
    tilings = (
        Tiling("the hole", (hole.span,), (new.before, new.area, new.after)),
        Tiling("the block", (new.block,), (new.live, new.tail)),
    )
    rounding = _computed(scene.asker, words, fresh_rounding(scene.asker, hole.span, number, size)) if words else None
    return Transition(f"alloc from range {number}", new.enabled, (hole,), produced, tilings, rounding=rounding)


def _computed(root: AllocType, words: Rounding, computed: Rounding) -> Computed:
    values = ((words.s, computed.s), (words.n, computed.n), (words.p, computed.p))
    tried = is_aligned(computed.p, block_alignment(root)) if words.of_block else True
    return Computed(values, words.facts(root), words.same(computed, root), tried)


def _free(scene: Scene, live: Extent, below: Extent, above: Extent) -> Transition:
    merged = joined(below.span, live.span, above.span)
    joins = (
        implies(below.exists, touches(below.span, live.span)),
        implies(above.exists, touches(live.span, above.span)),
    )
    produced = (scene.part("merged", merged, live.block, TRUE),)
    tiling = Tiling("the block's part", (below.span, live.span, above.span), (merged,))
    return Transition("free", scene.pool.reuses, (below, live, above), produced, (tiling,), (live,), joins)


def _give_back(scene: Scene, whole: Extent, below: Hole, above: Hole) -> Transition:
    """The block of a single extent goes: by free() where nothing is reused, or wholly free."""
    area = whole.area
    merged = joined(below.span, area, above.span)
    alone = truth(implies(scene.pool.reuses, whole.span.same(whole.block)))  # else its padding goes with it
    joins = (
        implies(below.exists, touches(below.span, area)),
        implies(above.exists, touches(area, above.span)),
    )
    return Transition(
        "give back", alone, (below, whole, above), (Hole("merged", merged),),
        (Tiling("the address space", (below.span, area, above.span), (merged,)),),
        (Hole("area", area),), joins, unmaps=whole, alone=scene.pool.reuses,
    )  # fmt: skip


def _keep(kept: Extent) -> Transition:
    """fill, finish_init's seal, a change of protection: extents stay as they are."""
    return Transition("fill or seal", TRUE, (kept,), (kept,))
