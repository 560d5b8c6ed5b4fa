"""What the pages of a symbolic run allow: what was done to them, in order, and what that makes of one."""

from __future__ import annotations

from dataclasses import dataclass, field

from modalloc_model.params import ParamSet, Protection
from modalloc_model.smt.spans import Span, pages_of
from modalloc_model.words import (
    FALSE,
    Term,
    all_of,
    any_of,
    decide,
    implies,
    truth,
)

OPENED = Protection.of("opened", "rw-")
UNMAPPED = Protection.of("unmapped", "---")


@dataclass(frozen=True)
class At:
    """What a page allows, and whether a seal is why it cannot be written."""

    read: Term
    write: Term
    execute: Term
    stale: Term


@dataclass(frozen=True)
class Assignment:
    """Something done to whole pages: given a protection, or (None) a seal takes write permission from them.

    `extent` is one all of whose pages are among them. `seen` keeps what a page is after it, by the page's address: an
    assignment comes after the same ones in every run that has it.
    """

    pages: Span
    protection: Protection | None
    extent: Span | None = None
    seen: dict[Term, At] = field(default_factory=dict, compare=False, repr=False)


def page_at(assignments: tuple[Assignment, ...], address: Term) -> At:
    """The page of the address after these assignments, in order."""
    known = len(assignments)
    while known and address not in assignments[known - 1].seen:
        known -= 1
    state = assignments[known - 1].seen[address] if known else At(FALSE, FALSE, FALSE, FALSE)
    for done in assignments[known:]:
        new = At(state.read, FALSE, state.execute, truth(any_of(state.write, state.stale)))
        if done.protection:
            new = At(done.protection.read, done.protection.write, done.protection.execute, FALSE)
        state = _blend(done.pages.holds(address), new, state)
        done.seen[address] = state
    return state


def _blend(condition: Term, x: At, y: At) -> At:
    names = ("read", "write", "execute", "stale")
    return At(*(truth(decide(condition, getattr(x, n), getattr(y, n))) for n in names))


def writable_throughout(table: ParamSet, assignments: tuple[Assignment, ...], span: Span) -> Term:
    """Every page of the span is writable: it is enough to look where some assignment begins or has just ended."""
    last = assignments[-1] if assignments else None
    if last and last.extent is span and last.protection:
        return last.protection.write
    pages = pages_of(span, table.machine.page)
    points = [pages.lo]
    for done in assignments:
        points += [done.pages.lo, done.pages.last + 1]
    return truth(all_of(*(implies(pages.holds(p), page_at(assignments, p).write) for p in points)))
