"""Others than modules: they take address space from the arbiter, and return it.

Source: the step of that name of spec/semantics.md. Areas are whole pages and near some range; others make no difference
to a search.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from proofs.ground_truth.operations import NOTHING, Way
from proofs.ground_truth.state import State, Taken, holes
from proofs.ground_truth.table import Table

MOST_TAKEN = 3


def of_others(table: Table, state: State) -> Iterator[Way]:
    """Others take free pages before there is a module, or return theirs."""
    owners = range(len(table.roots)) if table.private else range(-1, 0)
    for owner in owners if len(state.taken) < MOST_TAKEN and not state.modules else ():
        free = holes(table, state, max(owner, 0))
        for area in _areas(table):
            if any(lo <= area[0] and area[1] <= last for lo, last in free):
                taken = tuple(sorted((*state.taken, Taken(owner, *area))))
                yield Way(("take", owner, *area), state._replace(taken=taken), NOTHING)
    for one in state.taken:
        rest = tuple(other for other in state.taken if other != one)
        yield Way(("return", *one), state._replace(taken=rest), NOTHING)


@lru_cache(maxsize=4)
def _areas(table: Table) -> list[tuple[int, int]]:
    """Every run of whole pages in a range, or up to a page beside it."""
    found, page = set[tuple[int, int]](), table.page
    for _, first, last in (chosen for root in table.roots for chosen in root.ranges):
        pages = range(max(0, first // page - 1), min(table.size // page, last // page + 2))
        found |= {(lo * page, hi * page + page - 1) for lo in pages for hi in range(lo, pages.stop)}
    return sorted(found)
