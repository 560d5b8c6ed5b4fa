"""Each operation as the elements it consumes and the elements it produces (spec/semantics.md, section 7).

The rest of the state is untouched, so an induction step needs the produced elements, their pairs, and one arbitrary
other element: `smt/induction.py` makes them. Loads, rollbacks and unloads are sequences of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modalloc_model.params import AllocType
from modalloc_model.smt.invariants import Element, Extent, Foreign, Hole
from modalloc_model.smt.operations import (
    Rounding,
    Span,
    fresh,
    fresh_rounding,
    joined,
    reuse,
    reuse_rounding,
    taken,
    touches,
)
from modalloc_model.words import FALSE, TRUE, Term, Truth, all_of, any_of, implies, negate, proposition, truth, variable


@dataclass(frozen=True, slots=True)
class Tiling:
    """The same addresses, cut another way: before and after an operation."""

    name: str
    before: tuple[Span, ...]
    after: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Transition:
    """An operation. `gives` is what it gives back, before that is joined with the neighbours that are free already."""

    name: str
    enabled: Term
    consumed: tuple[Element, ...]
    produced: tuple[Element, ...]
    tilings: tuple[Tiling, ...] = ()
    gives: tuple[Element, ...] = ()
    unmaps: Extent | None = None  # an extent whose whole block goes, with whatever else lies in it
    rounding: tuple[Rounding, Rounding] | None = None  # as any words, and as the code computes them


@dataclass(frozen=True, slots=True)
class Scene:
    """What an induction is about: a root, its machine's page and guard, and words of W bits."""

    root: AllocType
    page: Term
    guard: Term
    bits: int

    def word(self, name: str) -> Term:
        """Any word."""
        return variable(name, self.bits)

    def span(self, name: str, exists: Term = TRUE) -> Span:
        """Any interval."""
        return Span(self.word(f"{name}.lo"), self.word(f"{name}.last"), exists)

    def extent(self, name: str, free: Term, block: Span | None = None, root: AllocType | None = None) -> Extent:
        """Any extent, in any block or in the given one."""
        inside = block or self.span(f"{name}.block")
        return Extent(name, root or self.root, self.span(name), inside, self.guard, free)

    def rounding(self, block: bool) -> Rounding:
        """Any three words for what an allocation rounds; without a block, its length is that of the allocation."""
        s = self.word("s")
        return Rounding(s, self.word("n") if block else s, self.word("p"), block)

    def part(self, name: str, span: Span, block: Span, free: Term) -> Extent:
        """The extent that an operation makes of the span."""
        return Extent(name, self.root, span, block, self.guard, free)


def transitions(scene: Scene) -> Iterator[Transition]:
    """Every operation that changes extents, blocks or holes, and one for those that change none."""
    yield _reuse(scene)
    yield from (_fresh(scene, number) for number in range(len(scene.root.ranges)))
    yield _free(scene)
    yield _give_back(scene)
    yield _take(scene)
    yield _return(scene)
    yield _keep(scene)


def _reuse(scene: Scene) -> Transition:
    free = scene.extent("free", scene.root.reuses)
    size, words = scene.word("size"), scene.rounding(block=False)
    split = reuse(scene.root, free.span, size, words)
    produced = (
        scene.part("left", split.left, free.block, TRUE),
        scene.part("live", split.live, free.block, FALSE),
        scene.part("right", split.right, free.block, TRUE),
    )
    tiling = Tiling("the free extent", (free.span,), (split.left, split.live, split.right))
    rounding = (words, reuse_rounding(scene.root, free.span, size))
    return Transition("alloc by reuse", split.enabled, (free,), produced, (tiling,), rounding=rounding)


def _fresh(scene: Scene, number: int) -> Transition:
    hole = Hole("hole", scene.span("hole"))
    size, words = scene.word("size"), scene.rounding(block=True)
    new = fresh(scene.root, scene.guard, hole.span, number, size, words)
    produced = (
        Hole("before", new.before),
        scene.part("live", new.live, new.block, FALSE),
        scene.part("tail", new.tail, new.block, scene.root.reuses),
        Hole("after", new.after),
    )
    tilings = (
        Tiling("the hole", (hole.span,), (new.before, new.area, new.after)),
        Tiling("the block", (new.block,), (new.live, new.tail)),
    )
    rounding = (words, fresh_rounding(scene.root, hole.span, number, size))
    return Transition(f"alloc from range {number}", new.enabled, (hole,), produced, tilings, rounding=rounding)


def _free(scene: Scene) -> Transition:
    live = scene.extent("freed", FALSE)
    below, above = (_neighbour(scene, name, live.block) for name in ("below", "above"))
    merged = joined(below.span, live.span, above.span)
    enabled = all_of(
        scene.root.reuses,
        implies(below.exists, touches(below.span, live.span)),
        implies(above.exists, touches(live.span, above.span)),
    )
    produced = (scene.part("merged", merged, live.block, TRUE),)
    tiling = Tiling("the block's part", (below.span, live.span, above.span), (merged,))
    consumed = (below, live, above)
    return Transition("free", truth(enabled), consumed, produced, (tiling,), gives=(live,))


def _neighbour(scene: Scene, name: str, block: Span) -> Extent:
    span = scene.span(name, proposition(f"{name}.exists"))
    return Extent(name, scene.root, span, block, scene.guard, TRUE)


def _give_back(scene: Scene) -> Transition:
    """The block of a single extent goes: by free() where nothing is reused, or wholly free."""
    whole = scene.extent("whole", proposition("whole.free"))
    below, above = (Hole(name, scene.span(name, proposition(f"{name}.exists"))) for name in ("below", "above"))
    area = whole.area
    merged = joined(below.span, area, above.span)
    enabled = all_of(
        implies(scene.root.reuses, whole.span.same(whole.block)),  # else its padding goes with it
        implies(below.exists, touches(below.span, area)),
        implies(above.exists, touches(area, above.span)),
    )
    tiling = Tiling("the address space", (below.span, area, above.span), (merged,))
    produced = (Hole("merged", merged),)
    return Transition(
        "give back", truth(enabled), (below, whole, above), produced, (tiling,), (Hole("area", area),), whole
    )


def _take(scene: Scene) -> Transition:
    """Someone else takes address space: any part of a hole."""
    hole, area = Hole("hole", scene.span("hole")), scene.span("area")
    part = taken(hole.span, area)
    produced = (Hole("before", part.before), Foreign("taken", area), Hole("after", part.after))
    tiling = Tiling("the hole", (hole.span,), (part.before, area, part.after))
    return Transition("others take", part.enabled, (hole,), produced, (tiling,))


def _return(scene: Scene) -> Transition:
    """Someone else returns address space: it is a hole from then on, with the holes beside it."""
    area = Foreign("returned", scene.span("area"))
    below, above = (Hole(name, scene.span(name, proposition(f"{name}.exists"))) for name in ("below", "above"))
    merged = joined(below.span, area.span, above.span)
    enabled = all_of(
        implies(below.exists, touches(below.span, area.span)),
        implies(above.exists, touches(area.span, above.span)),
    )
    tiling = Tiling("the address space", (below.span, area.span, above.span), (merged,))
    gives = (Hole("area", area.span),)
    return Transition(
        "others return", truth(enabled), (below, area, above), (Hole("merged", merged),), (tiling,), gives
    )


def _keep(scene: Scene) -> Transition:
    """fill, finish_init's seal, a change of protection: extents stay as they are."""
    kept = scene.extent("kept", FALSE)
    return Transition("fill or seal", TRUE, (kept,), (kept,))


def looked_up(transition: Transition, other: Element) -> Term:
    """What looking at the neighbours tells of an arbitrary other element.

    A free extent (or hole) that touches what is given back is one of the neighbours found, and so no *other* element.
    """
    unmapped = transition.unmaps
    elsewhere = not (unmapped and isinstance(other, Extent)) or negate(other.block.same(unmapped.block))
    return truth(all_of(elsewhere, *(negate(_would_merge(given, other)) for given in transition.gives)))


def _would_merge(given: Element, other: Element) -> Truth:
    if isinstance(given, Extent) and isinstance(other, Extent):
        touching = any_of(touches(other.span, given.span), touches(given.span, other.span))
        return all_of(other.exists, other.free, other.block.same(given.block), touching)
    if isinstance(given, Hole) and isinstance(other, Hole):
        return all_of(other.exists, any_of(touches(other.span, given.span), touches(given.span, other.span)))
    return False
