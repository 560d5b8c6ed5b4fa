"""For each rule that has a behaviour, what must be proved of a table's root for the rule to hold of every run.

The parameters are whatever terms the table holds: variables in the theorems of `theorems/`, values in the direct route.
The hypotheses (the conditions of the rule and of those it leans on) are added by whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations_with_replacement
from types import MappingProxyType

from modalloc_model.designs.arbiter.symbolic import HOLES_SEPARATE, fits_hole
from modalloc_model.designs.design import Matter, Theorem
from modalloc_model.designs.mail.invariants import (
    ALIGNED,
    APART,
    BLOCK_ALIGNED,
    FREE_APART,
    IN_BLOCK,
    IN_RANGE,
    MAPPED_APART,
    ROOTS_APART,
    SEPARATION,
    Extent,
)
from modalloc_model.designs.mail.lives import LIVES, Life, lives
from modalloc_model.designs.mail.operations import block_alignment, found, fresh, fresh_rounding, reuse, reuse_rounding
from modalloc_model.designs.mail.reach import (
    coarser_multiples,
    is_coarser,
    reaches,
)
from modalloc_model.designs.mail.room import has_room
from modalloc_model.designs.mail.transitions import Scene, induction, others, scene_of, transitions
from modalloc_model.params import AllocType, Kind, Protection
from modalloc_model.smt.induction import (
    LEMMA,
    Obligation,
    implication,
    impossible,
    invariant_of,
    live_stays,
    mask_is_multiple,
    roundings,
    tilings,
)
from modalloc_model.smt.spans import Span, aligned, joined, pages_of
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    all_of,
    any_of,
    choose,
    constant,
    eq,
    iff,
    implies,
    is_aligned,
    is_power_of_two,
    largest,
    lift,
    ne,
    negate,
    truth,
    ule,
)


def _two(scene: Scene, other_root: AllocType | None = None) -> tuple[Extent, Extent]:
    return scene.extent("one", FALSE), scene.extent("two", FALSE, root=other_root)


def stays_in_range(matter: Matter) -> Iterator[Obligation]:
    """RNG004."""
    yield from induction(scene_of(matter), (IN_BLOCK, IN_RANGE))
    one, _ = _two(scene_of(matter))
    inside = [
        all_of(matter.root.usable(n), ule(r.first, one.span.lo), ule(one.span.last, r.last))
        for n, r in enumerate(matter.root.ranges)
    ]
    yield implication("extents lie in a range", invariant_of((IN_BLOCK, IN_RANGE), one), truth(any_of(*inside)))


def apart_within_a_root(matter: Matter) -> Iterator[Obligation]:
    """OVL001."""
    yield from induction(scene_of(matter), SEPARATION)
    one, two = _two(scene_of(matter))
    yield implication("two extents are apart", invariant_of((IN_BLOCK, APART), one, two), one.span.apart(two.span))


def apart_across_roots(matter: Matter) -> Iterator[Obligation]:
    """OVL002: by the shared arbiter, or by the ranges."""
    yield from induction(scene_of(matter), SEPARATION)
    yield from induction(scene_of(matter), (IN_BLOCK, IN_RANGE))
    for other in matter.others:
        yield from _known_to_one_arbiter(matter, other)
        one, two = _two(scene_of(matter), other)
        known = invariant_of((IN_BLOCK, IN_RANGE), one, two)
        one_arbiter = truth(implies(matter.table.assumptions.shared, ROOTS_APART.of(one, two)))
        name = f"blocks of {matter.root.name} and {other.name} are apart"
        yield implication(name, {**known, "one arbiter": one_arbiter}, one.block.apart(two.block))


def _known_to_one_arbiter(matter: Matter, other: AllocType) -> Iterator[Obligation]:
    """One arbiter that knows the blocks of both roots keeps them apart."""
    kept = induction(scene_of(matter), (ROOTS_APART,), SEPARATION, other)
    yield from (step.under({"one arbiter": matter.table.assumptions.shared}) for step in kept)


def _multiples(*pairs: tuple[Term, Term]) -> dict[str, Term]:
    """Instances of the lemma about masks and multiples, for (value, alignment) pairs."""
    instances = [
        implies(is_power_of_two(a), iff(is_aligned(x, a), eq(x % a, 0)))  # mask_is_multiple()
        for x, a in pairs
    ]
    return {"masks find multiples": truth(all_of(*instances))}


def allocations_are_aligned(matter: Matter) -> Iterator[Obligation]:
    """ALN004."""
    yield from mask_is_multiple(scene_of(matter).bits)
    yield from roundings(transitions(scene_of(matter)))
    yield from induction(scene_of(matter), (IN_BLOCK, BLOCK_ALIGNED, ALIGNED))
    (one, _), root = _two(scene_of(matter)), matter.root
    known = {**invariant_of((ALIGNED,), one), **_multiples((one.span.lo, root.wanted))}
    if root.promised is not None:
        yield from coarser_multiples(scene_of(matter).bits)
        known["multiples"] = is_coarser(one.span.lo, root.wanted, root.alignment)
    yield implication("extents are multiples", known, truth(eq(one.span.lo % root.wanted, 0)))


def pages_are_apart(matter: Matter) -> Iterator[Obligation]:
    """What every statement about one page rests on: who else can have bytes in it, or be mapped over it.

    Nobody in another block, of whatever root; and, on a page-aligned root, no other extent. A run in which a block
    meets one of another root has ended there (OVL002): what is mapped is apart whoever hands out address space.
    """
    yield from roundings(transitions(scene_of(matter)))
    yield from induction(scene_of(matter), SEPARATION)
    yield from induction(scene_of(matter), (IN_BLOCK, IN_RANGE))
    yield from induction(scene_of(matter), (IN_BLOCK, BLOCK_ALIGNED))
    one, two = _two(scene_of(matter))
    pages = pages_of(one.span, matter.table.machine.page)
    known = invariant_of((IN_BLOCK, BLOCK_ALIGNED), one)
    yield implication("pages lie in the block", known, pages.inside(one.block))
    elsewhere = truth(any_of(one.block.same(two.block), pages.apart(two.block)))
    yield implication(
        "no other block has bytes in them", {**known, **invariant_of((IN_BLOCK, APART), one, two)}, elsewhere
    )
    for other in matter.others:
        yield from _known_to_one_arbiter(matter, other)
        yield _no_other_root(matter, other)
    if ule(matter.table.machine.page, matter.root.alignment) != FALSE:
        yield from _whole_pages(matter, {"own pages": truth(ule(matter.table.machine.page, matter.root.alignment))})


def _no_other_root(matter: Matter, other: AllocType) -> Obligation:
    """Of the other root nothing is assumed but that its extents lie in its blocks, and that the run goes on."""
    one, two = _two(scene_of(matter), other)
    shared = matter.table.assumptions.shared
    known = {
        **invariant_of((BLOCK_ALIGNED,), one),
        **invariant_of((IN_BLOCK,), one, two),
        "one arbiter": truth(implies(shared, ROOTS_APART.of(one, two))),
        "the run goes on": truth(implies(negate(shared), MAPPED_APART.of(one, two))),
    }
    name = f"{other.name} has no block with bytes in pages of {matter.root.name}"
    return implication(name, known, pages_of(one.span, matter.table.machine.page).apart(two.block))


def pages_have_one_protection(matter: Matter) -> Iterator[Obligation]:
    """OVL003: two extents of the root share a page only if they are protected alike. The rest are its premises."""
    page, sections = matter.table.machine.page, matter.table.sections_of(matter.root)
    one, two = _two(scene_of(matter))
    mine, its = pages_of(one.span, page), pages_of(two.span, page)
    whole = implies(ule(page, matter.root.alignment), all_of(mine.same(one.span), its.same(two.span)))
    known = {**invariant_of((IN_BLOCK, APART), one, two), "extents are whole pages": truth(whole)}
    for first, second in combinations_with_replacement(sections, 2):
        alike = _alike(matter.table.final_protection(first), matter.table.final_protection(second))
        name = f"{first.name} and {second.name} share a page only if protected alike"
        yield implication(name, known, truth(any_of(alike, mine.apart(its))))


def _alike(x: Protection, y: Protection) -> Truth:
    return all_of(iff(x.read, y.read), iff(x.write, y.write), iff(x.execute, y.execute))


def _whole_pages(matter: Matter, given: Mapping[str, Term]) -> Iterator[Obligation]:
    """Extents of a page-aligned root are whole pages: what is apart from them shares none."""
    yield from induction(scene_of(matter), (IN_BLOCK, BLOCK_ALIGNED, ALIGNED))
    one, _ = _two(scene_of(matter))
    page = matter.table.machine.page
    known = {**given, **invariant_of((IN_BLOCK, ALIGNED), one)}
    yield implication("extents are whole pages", known, truth(pages_of(one.span, page).same(one.span)))


def seal_keeps_to_itself(matter: Matter) -> Iterator[Obligation]:
    """ROI002: where something is sealed, extents are whole pages. That they are apart are its premises."""
    yield from roundings(transitions(scene_of(matter)))
    sealed = truth(any_of(*(matter.table.seals_section(s) for s in matter.table.sections_of(matter.root))))
    yield from _whole_pages(matter, {"something is sealed": sealed})


def nothing_is_lost(matter: Matter) -> Iterator[Obligation]:
    """OVL004: tilings, what is live stays, maximal free extents and holes, and rollback."""
    scene = scene_of(matter)
    yield from tilings(transitions(scene), SEPARATION, scene.word("probe"))
    yield from live_stays(transitions(scene), SEPARATION, others(scene, scene.pool), scene.word("probe"))
    yield from induction(scene, (*SEPARATION, FREE_APART, HOLES_SEPARATE))
    yield _all_free_is_one(scene)
    yield from _rollback(scene)


def _all_free_is_one(scene: Scene) -> Obligation:
    """A block without live extents is one free extent: if one ended early, the next byte's extent would touch it."""
    free = scene.extent("free", TRUE)
    following = scene.extent("next", TRUE, block=free.block)
    known = invariant_of((IN_BLOCK, APART, FREE_APART), free, following)
    early = all_of(ne(free.span.last, free.block.last), following.span.holds(free.span.last + 1))
    return impossible("a wholly free block is one extent", {**known, "ends early": truth(early)})


def _rollback(scene: Scene) -> Iterator[Obligation]:
    """free() of what was just allocated restores what was there."""
    size, free = scene.word("size"), scene.span("free")
    split = reuse(scene.pool, free, size, scene.rounding(block=False))
    again = joined(split.left, split.live, split.right)
    known = {"alloc": split.enabled, "free": free.ordered}
    yield implication("free undoes alloc by reuse", known, again.same(free))
    hole = scene.span("hole")
    for number in range(len(scene.pool.ranges)):
        new = fresh(scene.pool, scene.guard, hole, number, size, scene.rounding(block=True))
        whole = joined(Span(new.live.lo, new.live.last, FALSE), new.live, new.tail)
        restored = joined(new.before, new.area, new.after)
        goal = truth(all_of(whole.same(new.block), restored.same(hole)))
        yield implication(f"free undoes alloc from range {number}", {"alloc": new.enabled, "hole": hole.ordered}, goal)


def fails_only_when_full(matter: Matter) -> Iterator[Obligation]:
    """CMP001, CMP002: if some multiple of the alignment would do, the place that is tried does, and it is tried."""
    scene = scene_of(matter)
    yield from _least_multiple(scene)
    yield _finds_free(scene)
    for number in range(len(scene.pool.ranges)):
        yield _finds_hole(scene, number)
        yield _passes_none_over(matter, number)


def _least_multiple(scene: Scene) -> Iterator[Obligation]:
    """ALIGN gives the least multiple at or above: by cases, one for each power of two."""
    x, q = scene.word("x"), scene.word("q")
    yield from mask_is_multiple(scene.bits)
    for k in range(scene.bits):
        power = constant(1 << k, scene.bits)
        known = {"q": truth(all_of(is_aligned(q, power), ule(x, q)))}
        least = all_of(ule(x, aligned(x, power)), ule(aligned(x, power), q))
        yield Obligation(f"ALIGN to {1 << k} is least", LEMMA, known, truth(least))
    g, a = scene.word("any g"), scene.word("any a")
    both = {"powers": truth(all_of(is_power_of_two(g), is_power_of_two(a)))}
    yield Obligation(
        "the larger of two powers is one", LEMMA, both, truth(is_power_of_two(lift(largest(g, a), a.bits)))
    )


def _least(x: Term, q: Term, alignment: Term) -> Term:
    """An instance of the lemma."""
    given = all_of(is_power_of_two(alignment), is_aligned(q, alignment), ule(x, q))
    p = aligned(x, alignment)
    return truth(implies(given, all_of(ule(x, p), ule(p, q))))


def _finds_free(scene: Scene) -> Obligation:
    root, free, size, q = scene.pool, scene.span("free"), scene.word("size"), scene.word("q")
    s = reuse_rounding(root, free, size).s
    would_do = all_of(
        root.reuses, negate(eq(size, 0)), ule(size, s),
        eq(q % root.alignment, 0), ule(free.lo, q), ule(q, free.last), ule(s - 1, free.last - q),
    )  # fmt: skip
    masks = _multiples((q, root.alignment))
    known = {"some place would do": truth(would_do), "lemma": _least(free.lo, q, root.alignment), **masks}
    return implication("reuse finds it", known, reuse(root, free, size).enabled)


def _finds_hole(scene: Scene, number: int) -> Obligation:
    root, hole, q, total = scene.pool, scene.span("hole"), scene.word("q"), scene.word("total")
    chosen, alignment = root.ranges[number], block_alignment(root)
    lowest = lift(largest(hole.lo, chosen.first), scene.bits)
    highest = lift(choose(ule(hole.last, chosen.last), hole.last, chosen.last), scene.bits)
    would_do = all_of(
        eq(q % alignment, 0), ule(lowest, q), ule(q, highest), ule(total - 1, highest - q),
    )  # fmt: skip
    powers = all_of(is_power_of_two(root.granularity), is_power_of_two(root.alignment))
    larger = truth(implies(powers, is_power_of_two(alignment)))
    lemmas = {"lemma": _least(lowest, q, alignment), "larger": larger, **_multiples((q, alignment))}
    known = {"some place would do": truth(would_do), **lemmas}
    p = fresh_rounding(root, hole, number, scene.word("size")).p
    return implication(f"range {number} finds it", known, fits_hole(hole, chosen, p, total))


def _passes_none_over(matter: Matter, number: int) -> Obligation:
    """What fits is found: the search leaves no such hole out."""
    scene, size = scene_of(matter), scene_of(matter).word("size")
    hole = scene.span("hole")
    fits = fresh(matter.root, scene.guard, hole, number, size).enabled
    goal = found(matter.table, matter.root, hole, number, size)
    return implication(f"the search passes over no hole of range {number}", {"it fits": fits}, goal)


def protection_over_a_life(rule: str) -> Theorem:
    """MAP006, ROI001, ROI003, ROI004, PRT001 to PRT005."""

    def theorem(matter: Matter) -> Iterator[Obligation]:
        own = matter.table.sections_of(matter.root)
        for subject in (matter.section,) if matter.section else own:
            yield from lives(rule, Life(matter.table, matter.root, subject), own)

    return theorem


def seal_is_tolerated(matter: Matter) -> Iterator[Obligation]:
    """MAP007: finish_init() seals what is written no more, and, where it is claimed, what must not be."""
    section = matter.section
    assert section is not None
    sealed, strict = matter.table.seals_section(section), matter.table.assumptions.strict
    if section.kind is Kind.DATA and not section.init:
        yield impossible("written data is sealed", {"sealed": sealed})
        table, root = matter.table, matter.root
        something = any_of(*(table.seals_section(other) for other in table.sections_of(root)))
        own_pages = truth(implies(something, ule(table.machine.page, root.alignment)))  # and so no company in them
        yield implication("a neighbour that is sealed has pages of its own", {}, own_pages)
    if section.kind is Kind.RODATA_AFTER_INIT and not section.init:
        yield impossible("late data is left writable", {"strict": strict, "left": truth(negate(sealed))})


def init_is_gone(matter: Matter) -> Iterator[Obligation]:
    """ROI005: finish_init() frees every INIT extent of the module, and has sealed none of them."""
    section = matter.section
    assert section is not None
    yield impossible("an INIT section is sealed", {"sealed": matter.table.seals_section(section)})


def all_reach(rule: str) -> Theorem:
    """RCH001 to RCH003."""

    def theorem(matter: Matter) -> Iterator[Obligation]:
        yield from reaches(matter.table, matter.root, scene_of(matter), rule)

    return theorem


THEOREMS: Mapping[str, Theorem] = MappingProxyType(
    {
        "MAP007": seal_is_tolerated,
        "RNG001": has_room,
        "RNG004": stays_in_range,
        "ALN004": allocations_are_aligned,
        "OVL001": apart_within_a_root,
        "OVL002": apart_across_roots,
        "OVL003": pages_have_one_protection,
        "OVL004": nothing_is_lost,
        "ROI002": seal_keeps_to_itself,
        "ROI005": init_is_gone,
        "CMP001": fails_only_when_full,
        "CMP002": fails_only_when_full,
        **{rule: all_reach(rule) for rule in ("RCH001", "RCH002", "RCH003")},
        **{rule: protection_over_a_life(rule) for rule in LIVES},
    }
)
"""The theorem of each rule that has a behaviour."""

PREMISES: Mapping[str, Theorem] = MappingProxyType(
    dict.fromkeys(("MAP007", "OVL003", "ROI002", *LIVES), pages_are_apart),
)
"""What a rule's theorem takes as proved: part of its obligations, the same for every section of a root."""
