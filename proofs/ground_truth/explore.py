"""The graph of a table's runs: states, operations between them, and violations.

A run's length is its number of requests: the sections of its loads, each finish_init, each unload. Runs are enumerated
in order of length, up to a number of operations; the result is complete to a length, or closed if no operation leads to
a new state. The modules at once, the sections in a load, and the areas of others are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

from proofs.ground_truth.operations import Way, finish_init, load, unload
from proofs.ground_truth.others import of_others
from proofs.ground_truth.rules import Violation
from proofs.ground_truth.state import State, choice, empty
from proofs.ground_truth.table import INIT, Table
from proofs.ground_truth.world import World

if TYPE_CHECKING:
    import networkx

MODULES = 2
SECTIONS = 2


@dataclass(frozen=True)
class Truth:
    """The result of an enumeration. `graph` has states, and violations as nodes without successors."""

    graph: networkx.DiGraph[Any]
    start: State
    complete: int  # all runs of up to this length are in it
    closed: bool  # and there are no others
    shortest: dict[Violation, int]  # beyond `complete`, the shortest found

    def run(self, violation: Violation) -> list[tuple[object, ...]]:
        """The operations of a shortest run that ends in the violation."""
        import networkx

        path = networkx.dijkstra_path(self.graph, self.start, violation)
        return [self.graph.edges[edge]["label"] for edge in pairwise(path)]


@dataclass(frozen=True)
class Boots:
    """The combined result for a table's boots."""

    each: tuple[Truth, ...]

    @property
    def complete(self) -> int:
        """All runs of up to this length, in every boot."""
        return min(truth.complete for truth in self.each)

    @property
    def closed(self) -> bool:
        """There are no others, in any boot."""
        return all(truth.closed for truth in self.each)

    @cached_property
    def shortest(self) -> dict[Violation, int]:
        """Of each violation, in whichever boot it is shortest."""
        found: dict[Violation, int] = {}
        for truth in self.each:
            for violation, length in truth.shortest.items():
                found[violation] = min(length, found.get(violation, length))
        return found

    def run(self, violation: Violation) -> list[tuple[object, ...]]:
        """The operations of a shortest run."""
        length = self.shortest[violation]
        return next(truth for truth in self.each if truth.shortest.get(violation) == length).run(violation)


def enumerate_boots(worlds: Sequence[World], effort: int, longest: int) -> Boots:
    """Every boot in turn; boots without a difference for runs are merged."""
    unlike = {replace(world, **_UNSEEN): world for world in worlds}
    return Boots(tuple(enumerate_runs(Table(world), effort // len(unlike), longest) for world in unlike))


_UNSEEN: dict[str, Any] = {
    "unknown": 0, "windows": (), "allows": (), "forbidden": (), "kasan": None, "symbols": (), "meant": True,
}  # fmt: skip


def enumerate_runs(table: Table, effort: int, longest: int) -> Truth:
    """Every run of up to `longest` requests, or as many as `effort` operations allow."""
    import networkx

    graph: networkx.DiGraph[Any] = networkx.DiGraph()
    start, spent, length = empty(table), 0, 0
    at: list[list[State]] = [[start]]
    known = {start}
    graph.add_node(start)
    for violation in first_byte(table):
        graph.add_edge(start, violation, weight=1, label=("load", (violation[1], 1, None)))
    while length < longest and any(at[-SECTIONS:]):
        reached: list[State] = []
        for weight in range(1, min(SECTIONS, length + 1) + 1):
            for state in at[length + 1 - weight]:
                for way in ways(table, state, weight):
                    spent += 1
                    if _added(graph, state, way, weight) and way.state not in known:
                        assert way.state is not None
                        known.add(way.state)
                        reached.append(way.state)
                if spent > effort:
                    return _truth(graph, start, length, closed=False)
        at.append(reached)
        length += 1
    return _truth(graph, start, length, closed=not any(at[-SECTIONS:]))


def first_byte(table: Table) -> set[Violation]:
    """RNG001: in the empty state, an alloc of one byte fails."""
    start = empty(table)
    return {
        ("RNG001", part.name)
        for part in table.parts
        if part.root is not None and not choice(table, start, part.root, _one(table, part.root)).places
    }


def _one(table: Table, root: int) -> int:
    return table.up(1, table.roots[root].alignment)


def ways(table: Table, state: State, weight: int) -> Iterator[Way]:
    """Everything that can happen next by `weight` requests."""
    if len(state.modules) < MODULES:
        choices = [
            (number, *size)
            for number, part in enumerate(table.parts)
            for size in (table.sizes[part.root] if part.root is not None else ((1, 0),))
        ]
        for wanted in product(choices, repeat=weight):
            if len({part for part, _, _ in wanted}) == weight:
                yield from load(table, state, wanted)
    if weight > 1:
        return
    if table.others_matter:
        yield from of_others(table, state)
    for number, module in enumerate(state.modules):
        if number and module == state.modules[number - 1]:
            continue
        if module.phase == INIT:
            yield from finish_init(table, state, number)
        yield from unload(table, state, number)


def _added(graph: networkx.DiGraph[Any], state: State, way: Way, weight: int) -> bool:
    """Whether the way leads to a state; the graph keeps the lightest edge between two nodes."""
    for target in (way.state, *way.wrong):
        if target is not None and (target not in graph or not graph.has_edge(state, target)):
            graph.add_edge(state, target, weight=weight, label=way.label)
    return way.state is not None


def _truth(graph: networkx.DiGraph[Any], start: State, length: int, closed: bool) -> Truth:
    import networkx

    distances = networkx.single_source_dijkstra_path_length(graph, start)
    shortest = {node: int(d) for node, d in distances.items() if not isinstance(node, State)}
    return Truth(graph, start, length, closed, shortest)
