"""Checks each step of the executable allocator against the transition relation of mail/transitions.py.

With the observed values for its variables, the relation must be enabled, and must consume and produce the observed
elements and no others. If nothing was placed, it must be enabled nowhere. The assumptions of the induction (rounding,
neighbours, tilings, the invariant) are evaluated on the same step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.concrete import Concrete, ConcreteRoot
from modalloc_model.conformance.elements import Elements, ExtentPart, Gap, Plain, State, Theirs
from modalloc_model.designs.arbiter.symbolic import Foreign, Hole
from modalloc_model.designs.mail.invariants import Extent
from modalloc_model.designs.mail.operations import found
from modalloc_model.designs.mail.transitions import Scene, transitions
from modalloc_model.params import ParamSet
from modalloc_model.smt.induction import same_cover
from modalloc_model.smt.transitions import Element, Tiling, Transition, looked_up
from modalloc_model.words import constant, evaluate

Values = Mapping[str, int]


@dataclass(frozen=True)
class Candidate:
    """A way in which the relation can place an allocation: in free extent or hole `source`."""

    transition: Transition
    values: Values
    place: int
    last: int
    source: Plain


@dataclass
class Steps:
    """Judges steps on one table; `met` counts the transitions that were held to the relation."""

    params: Concrete
    table: ParamSet
    elements: Elements
    met: Counter[str] = field(default_factory=Counter)
    relations: dict[str, dict[str, Transition]] = field(init=False)

    def __post_init__(self) -> None:
        self.relations = {r.name: self._relations(r) for r in self.params.roots}

    def _relations(self, root: ConcreteRoot) -> dict[str, Transition]:
        machine = self.table.machine
        scene = Scene(self.table.type(root.name), machine.page, self.table.guard, machine.bits)
        return {transition.name: transition for transition in transitions(scene)}

    # -- alloc ------------------------------------------------------------------------------------------------------

    def alloc(self, section: str, size: int, events: list[Event], before: State, after: State) -> None:
        """An allocation is one that the relation allows: in a free extent, or else range by range."""
        name = self.params.section(section).root
        done = [event for event in events if event.kind in (EventKind.ALLOC, EventKind.REFUSED)]
        assert len(done) == 1
        if done[0].kind is EventKind.REFUSED:
            assert not self._must_go_well(name, size, before), f"{size} bytes of {section} refused, with a place open"
            assert after == before
            self.met["relation: refused"] += 1
            return
        carved = [event for event in events if event.kind is EventKind.MAP and self.params.root(name).carved]
        length = sum(event.last - event.lo + 1 for event in carved)
        options = self._first_choice(name, size, before, done[0].lo, length)
        chosen = [c for c in options if (c.place, c.last) == (done[0].lo, done[0].last)]
        assert len(chosen) == 1, f"[{done[0].lo:#x}, {done[0].last:#x}] is none of {[hex(c.place) for c in options]}"
        self._check_mapping(chosen[0], events)
        self._step(name, chosen[0].transition, chosen[0].values, before, after)

    def _check_mapping(self, chosen: Candidate, events: list[Event]) -> None:
        """A block is mapped just where the relation makes one, and the same."""
        maps = [(e.lo, e.last) for e in events if e.kind is EventKind.MAP]
        live = next(e for e in chosen.transition.produced if e.name == "live")
        assert isinstance(live, Extent)
        block = (evaluate(live.block.lo, chosen.values), evaluate(live.block.last, chosen.values))
        assert maps == ([] if isinstance(chosen.source, ExtentPart) else [block])

    def _must_go_well(self, root: str, size: int, before: State) -> bool:
        """Some free extent fits, or the search surely finds a hole."""
        if root not in self.relations:
            return False
        by_reuse = any(True for _ in self._candidates(root, None, size, before))
        return by_reuse or self._hole_fits(root, 0, size, before) or self._hole_fits(root, 1, size, before)

    def _hole_fits(self, root: str, number: int, size: int, before: State) -> bool:
        table, asked = self.table, constant(size, self.params.bits)
        holes = [self.elements.span(h.lo, h.last) for h in before if isinstance(h, Gap) and h.arbiter in ("", root)]
        return any(evaluate(found(table, table.type(root), hole, number, asked)) for hole in holes)

    def _first_choice(self, root: str, size: int, before: State, place: int, length: int) -> list[Candidate]:
        """By reuse; or at that place in the first range; or there in the second, if nothing was sure in the first."""
        for number in (None, 0, 1):
            options = list(self._candidates(root, number, size, before, place, length))
            if options or (number is not None and self._hole_fits(root, number, size, before)):
                return options
        return []

    def _candidates(
        self, root: str, number: int | None, size: int, before: State, place: int = 0, length: int = 0
    ) -> Iterator[Candidate]:
        for source in sorted(before):
            if number is None and isinstance(source, ExtentPart) and source.root == root and source.free:
                relation, values = self.relations[root]["alloc by reuse"], extent_values("free", source)
            elif number is not None and isinstance(source, Gap) and source.arbiter in ("", root):
                relation, values = self.relations[root][f"alloc from range {number}"], span_values("hole", source)
            else:
                continue
            where = () if number is None else (place, length)
            given = with_rounding(relation, {**values, "size": size}, *where)
            if evaluate(relation.enabled, given):
                live = next(e for e in relation.produced if e.name == "live")
                at = (evaluate(live.span.lo, given), evaluate(live.span.last, given))
                yield Candidate(relation, given, *at, source)

    # -- free -------------------------------------------------------------------------------------------------------

    def free(self, root: str, lo: int, events: list[Event], before: State, after: State) -> None:
        """A free is a merge, or that and giving the block back, or giving it back at once."""
        freed = next(p for p in before if isinstance(p, ExtentPart) and (p.root, p.lo, p.free) == (root, lo, False))
        merges = [(e.lo, e.last) for e in events if e.kind is EventKind.MERGE]
        unmaps = [(e.lo, e.last) for e in events if e.kind is EventKind.UNMAP]
        if self.params.root(root).reuses:
            before, freed = self._merge(freed, merges, before, unmaps, after)
        else:
            assert not merges
        if unmaps or not self.params.root(root).reuses:
            assert unmaps == [(freed.block_lo, freed.block_last)]
            self._give_back(freed, before, after)

    def _merge(
        self,
        freed: ExtentPart,
        merges: list[tuple[int, int]],
        before: State,
        unmaps: list[tuple[int, int]],
        after: State,
    ) -> tuple[State, ExtentPart]:
        relation = self.relations[freed.root]["free"]
        mine = [p for p in before if isinstance(p, ExtentPart) and p.free and _block(p) == _block(freed)]
        below = next((p for p in mine if p.last + 1 == freed.lo), None)
        above = next((p for p in mine if freed.last + 1 == p.lo), None)
        values = {**extent_values("freed", freed), **neighbour("below", below), **neighbour("above", above)}
        joined = next(iter(self._products(freed.root, relation, values)))
        assert isinstance(joined, ExtentPart)
        assert merges == [(joined.lo, joined.last)]
        middle = before - {p for p in (freed, below, above) if p} | {joined}
        self._step(freed.root, relation, values, before, middle if unmaps else after)
        return middle, joined

    def _give_back(self, whole: ExtentPart, before: State, after: State) -> None:
        relation = self.relations[whole.root]["give back"]
        arbiter = self.elements.arbiter(self.params.root(whole.root))
        holes = [h for h in before if isinstance(h, Gap) and h.arbiter == arbiter]
        top = whole.block_last + self.params.guard
        below = next((h for h in holes if h.last + 1 == whole.block_lo), None)
        above = next((h for h in holes if top + 1 == h.lo), None)
        values = {**extent_values("whole", whole), **neighbour("below", below), **neighbour("above", above)}
        values["whole.free"] = whole.free
        beside = {p for p in before if isinstance(p, ExtentPart) and _block(p) == _block(whole) and p != whole}
        assert not beside or not self.params.root(whole.root).reuses
        self._step(whole.root, relation, values, before - beside, after)

    # -- others -----------------------------------------------------------------------------------------------------

    def others(self, event: Event, before: State, after: State) -> None:
        """The areas that others took or returned are those of the relation."""
        root = event.root or self.params.roots[0].name
        relation = self.relations[root][f"others {event.kind}"]
        holes = [h for h in before if isinstance(h, Gap) and h.arbiter == event.root]
        values = {"area.lo": event.lo, "area.last": event.last}
        if event.kind is EventKind.TAKE:
            values |= span_values("hole", next(h for h in holes if h.lo <= event.lo and event.last <= h.last))
        else:
            values |= neighbour("below", next((h for h in holes if h.last + 1 == event.lo), None))
            values |= neighbour("above", next((h for h in holes if event.last + 1 == h.lo), None))
        self._step(root, relation, values, before, after)

    # -- any step ---------------------------------------------------------------------------------------------------

    def _step(self, root: str, relation: Transition, values: Values, before: State, after: State) -> None:
        assert evaluate(relation.enabled, values), f"{relation.name} is not enabled"
        consumed = {self._plain(root, e, values) for e in relation.consumed if evaluate(e.exists, values)}
        produced = self._products(root, relation, values)
        assert consumed <= before, f"{relation.name} consumes {consumed - before}, which is not there"
        expected = (before - consumed) | produced
        assert after == expected, f"{relation.name}: {sorted(expected - after)} is {sorted(after - expected)}"
        self._check_assumptions(root, relation, values, before - consumed)
        self.elements.check(produced, after)
        self.met[f"relation: {relation.name}"] += 1

    def _products(self, root: str, relation: Transition, values: Values) -> set[Plain]:
        return {self._plain(root, e, values) for e in relation.produced if evaluate(e.exists, values)}

    def _plain(self, root: str, element: Element, values: Values) -> Plain:
        lo, last = evaluate(element.span.lo, values), evaluate(element.span.last, values)
        arbiter = self.elements.arbiter(self.params.root(root))
        if isinstance(element, Hole):
            return Gap(arbiter, lo, last)
        if isinstance(element, Foreign):
            return Theirs(arbiter, lo, last)
        assert isinstance(element, Extent)
        block = (evaluate(element.block.lo, values), evaluate(element.block.last, values))
        return ExtentPart(element.pool.name, lo, last, *block, bool(evaluate(element.free, values)))

    def _check_assumptions(self, root: str, relation: Transition, values: Values, others: State) -> None:
        """The assumptions of the induction's steps hold for this step."""
        if relation.rounding and root in self.elements.powers:
            assert evaluate(relation.rounding.facts, values)
        for other in others:
            if not self.elements.private or other[0] == root:
                told = looked_up(relation, self.elements.term_of(other))
                assert evaluate(told, values), f"{relation.name} overlooks {other}"
        for tiling in relation.tilings:
            for probe in _probes(tiling, values, self.params.bits):
                cover = same_cover(tiling, constant(probe, self.params.bits))
                assert evaluate(cover, values), f"{relation.name} tiles {tiling.name} otherwise at {probe:#x}"


def _probes(tiling: Tiling, values: Values, bits: int) -> set[int]:
    """Wherever a span begins or ends, and the addresses beside."""
    edges = [evaluate(word, values) for s in (*tiling.before, *tiling.after) for word in (s.lo, s.last)]
    return {(edge + beside) % (1 << bits) for edge in edges for beside in (-1, 0, 1)}


def _block(part: ExtentPart) -> tuple[str, int, int]:
    return part.root, part.block_lo, part.block_last


def span_values(name: str, plain: Plain) -> dict[str, int]:
    """Values for the variables of a span."""
    return {f"{name}.lo": plain.lo, f"{name}.last": plain.last}


def extent_values(name: str, part: ExtentPart) -> dict[str, int]:
    """Values for the variables of an extent and its block."""
    return {**span_values(name, part), f"{name}.block.lo": part.block_lo, f"{name}.block.last": part.block_last}


def neighbour(name: str, plain: Plain | None) -> dict[str, int]:
    """Values for a neighbour that may be missing: then its addresses do not matter."""
    return {
        f"{name}.exists": plain is not None,
        **(span_values(name, plain) if plain else {f"{name}.lo": 1, f"{name}.last": 0}),
    }


def with_rounding(relation: Transition, values: Values, place: int | None = None, length: int = 0) -> Values:
    """The variables for rounded values get the values that the code computes, and the place of a block.

    Also its length, if carving leaves that open.
    """
    assert relation.rounding
    words = [word for word, _ in relation.rounding.values]
    rounded = {word.name: evaluate(term, values) for word, term in relation.rounding.values}
    free = {words[2].name: place, words[1].name: length or None}
    return {**values, **rounded, **{name: value for name, value in free.items() if value is not None}}
