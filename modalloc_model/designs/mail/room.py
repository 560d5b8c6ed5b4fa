"""RNG001: the first allocation finds room, however many regions are registered at boot."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.operations import block_alignment, fresh
from modalloc_model.designs.mail.reach import is_either, is_least, is_multiple_up, larger_is_power, lemmas
from modalloc_model.designs.mail.transitions import scene_of
from modalloc_model.params import AllocType
from modalloc_model.smt.induction import Obligation, implication
from modalloc_model.smt.spans import Span, aligned, whole_space
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    all_of,
    any_of,
    constant,
    is_power_of_two,
    largest,
    lift,
    ne,
    truth,
    ule,
)


def has_room(matter: Matter) -> Iterator[Obligation]:
    """RNG001: a place that is clear of all that is registered lies in a hole, and an allocation finds room there.

    One region, as the wall below the place, stands for any number of them: of the others nothing is used but that none
    touches the place, so that it lies in a hole; which hole, and what is around it, is left open.
    """
    scene, machine = scene_of(matter), matter.table.machine
    if not machine.registered or FALSE in (is_power_of_two(x) for x in _roundings_of(matter.root)):
        yield _finds_some_hole(matter)
        return
    yield from lemmas(scene.bits)
    clear = []
    for number, wall in product(range(len(matter.root.ranges)), (None, *machine.registered)):
        start = wall.last + 1 if wall else matter.root.ranges[number].first
        area, fits = _room_from(matter, number, start)
        clear.append(fits)
        hole = scene.span("hole")
        known = {
            "place": fits,
            "hole": truth(all_of(area.inside(hole), area.ordered)),
            "multiples": truth(all_of(*_about_place(matter, number, start, hole))),
        }
        new = fresh(matter.root, scene.guard, hole, number, constant(1, scene.bits))
        yield implication(f"range {number} has room from {wall.name if wall else 'its start'} on", known, new.enabled)
    yield implication("some place is clear", {}, truth(any_of(*clear)))


def _roundings_of(root: AllocType) -> tuple[Term, Term]:
    return root.granularity, root.alignment


def _finds_some_hole(matter: Matter) -> Obligation:
    """In one of the holes that there are, whatever ALIGN does: with nothing registered there is one."""
    scene, one = scene_of(matter), constant(1, scene_of(matter).bits)
    numbers = range(len(scene.pool.ranges))
    holes = list(_empty_holes(matter))
    succeeds = [fresh(scene.pool, scene.guard, hole, n, one).enabled for n, hole in product(numbers, holes)]
    return implication("the first allocation succeeds", {}, truth(any_of(*succeeds)))


def _room_from(matter: Matter, number: int, start: Term) -> tuple[Span, Term]:
    """The smallest block and its guard at the first multiple from `start` on; and whether it is in range and clear."""
    root, machine, chosen = matter.root, matter.table.machine, matter.root.ranges[number]
    one = constant(1, scene_of(matter).bits)
    s = aligned(one, root.alignment)
    n = aligned(s, root.granularity)
    total = n + scene_of(matter).guard
    place = aligned(start, block_alignment(root))
    area = Span(place, place + (total - 1))
    conjuncts = all_of(
        root.usable(number),
        ule(one, s),  # no rounding wraps
        ule(s, n),
        ule(n, total),  # nor does the guard
        ule(chosen.first, start),
        ule(start, place),
        ule(place, chosen.last),
        ule(total - 1, chosen.last - place),
        *(area.apart(Span(r.first, r.last, r.nonempty)) for r in machine.registered),
    )
    return area, truth(conjuncts)


def _about_place(matter: Matter, number: int, start: Term, hole: Span) -> Iterator[Term]:
    """What ALIGN does: the place is a multiple, and that which is tried in the hole is no higher."""
    root, machine = matter.root, matter.table.machine
    first, alignment = root.ranges[number].first, block_alignment(root)
    yield is_either(root.granularity, machine.page, machine.pmd)
    yield larger_is_power(root.granularity, root.alignment)
    yield is_multiple_up(start, alignment)
    yield is_least(lift(largest(hole.lo, first), alignment.bits), aligned(start, alignment), alignment)


def _empty_holes(matter: Matter) -> Iterator[Span]:
    """What lies between the regions registered at boot: any pair of them with nothing between."""
    space, regions = whole_space(scene_of(matter).bits), matter.table.machine.registered
    lows = [(space.lo, TRUE), *((r.last + 1, truth(all_of(r.nonempty, ne(r.last, space.last)))) for r in regions)]
    highs = [(space.last, TRUE), *((r.first - 1, truth(all_of(r.nonempty, ne(r.first, space.lo)))) for r in regions)]
    for lo, above in lows:
        for last, below in highs:
            clear = all_of(*(Span(lo, last).apart(Span(r.first, r.last, r.nonempty)) for r in regions))
            yield Span(lo, last, truth(all_of(above, below, ule(lo, last), clear)))
