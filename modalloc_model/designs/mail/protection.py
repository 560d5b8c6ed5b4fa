"""What happens to one page of one extent, micro-step by micro-step (spec/semantics.md, section 3).

One arbitrary page is followed, with the extent it is looked at for. Each step is an assignment to the page: by the
extent itself on its way from mapping to free, or by another extent of the root that has bytes in the same page. That
blocks of different roots share no page, and extents of page-aligned roots none either, is proved elsewhere (OVL003,
ROI002); here it is the condition `shared`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from modalloc_model.params import AllocType, ParamSet, Protection, Section
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    all_of,
    any_of,
    decide,
    implies,
    negate,
    proposition,
    truth,
    ule,
)


@dataclass(frozen=True, slots=True)
class Followed:
    """A page, and how far the extent it is looked at for has come. `stale`: a seal took the page's write permission."""

    read: Term
    write: Term
    execute: Term
    filled: Term
    loaded: Term
    sealed: Term
    stale: Term

    @classmethod
    def anything(cls) -> Followed:
        """Any page of any extent."""
        names = ("read", "write", "execute", "filled", "loaded", "sealed", "stale")
        return cls(*(proposition(f"page.{name}") for name in names))

    def given(self, protection: Protection) -> Followed:
        """The page with that protection; no seal's work is left in it."""
        return replace(self, read=protection.read, write=protection.write, execute=protection.execute, stale=FALSE)

    def letter(self, which: str) -> Term:
        """Whether the page allows `r`, `w` or `x`."""
        return {"r": self.read, "w": self.write, "x": self.execute}[which]


OPENED = Protection.of("opened", "rw-")


@dataclass(frozen=True, slots=True)
class Micro:
    """One assignment: when it may happen, and what the page and the extent's progress are afterwards."""

    name: str
    enabled: Term
    after: Followed
    frees: bool = False  # the memory may be another section's next


def if_(condition: Truth, x: Followed, y: Followed) -> Followed:
    """x where the condition holds, else y."""
    names = ("read", "write", "execute", "filled", "loaded", "sealed", "stale")
    return Followed(*(truth(decide(condition, getattr(x, n), getattr(y, n))) for n in names))


def _without_write(page: Followed) -> Followed:
    """What a seal leaves; where there was nothing to take, no seal is why the page cannot be written."""
    return replace(page, write=FALSE, stale=truth(any_of(page.write, page.stale)))


def opens_to_fill(table: ParamSet, root: AllocType) -> Term:
    """The pages are opened for memcpy()."""
    return truth(all_of(table.assumptions.after_fill, negate(root.fill), negate(root.protection.write)))


def opens_to_free(table: ParamSet, root: AllocType) -> Term:
    """The pages are opened for memset()."""
    return truth(all_of(table.assumptions.restored, negate(root.invalidate), negate(root.protection.write)))


def own_steps(table: ParamSet, root: AllocType, section: Section, page: Followed) -> Iterator[Micro]:
    """The life of an extent of the section, as its own page sees it."""
    nothing = replace(page, filled=FALSE, loaded=FALSE, sealed=FALSE)
    closed = page.given(root.protection)
    yield Micro("map", TRUE, nothing.given(root.protection))
    yield Micro(
        "fill",
        truth(all_of(negate(page.filled), any_of(root.fill, opens_to_fill(table, root), page.write))),  # else a fault
        replace(if_(opens_to_fill(table, root), closed, page), filled=TRUE),
    )
    final = page.given(table.final_protection(section))
    yield Micro(
        "loaded",
        truth(all_of(page.filled, negate(page.loaded))),
        replace(if_(table.assumptions.by_loader, final, page), loaded=TRUE),
    )
    yield Micro(
        "seal",
        truth(all_of(page.loaded, table.seals_section(section))),
        replace(_without_write(page), sealed=TRUE),
    )
    yield Micro("free, and used again", root.reuses, _freed(table, root, page, nothing), frees=True)


def _freed(table: ParamSet, root: AllocType, page: Followed, nothing: Followed) -> Followed:
    changed = any_of(page.sealed, all_of(table.assumptions.by_loader, page.loaded))
    reset = any_of(all_of(table.assumptions.restored, changed), opens_to_free(table, root))
    return if_(reset, nothing.given(root.protection), nothing)


def neighbour_steps(table: ParamSet, root: AllocType, section: Section, page: Followed) -> Iterator[Micro]:
    """What an extent of the section does to a page in which it has bytes too."""
    assume, sealed = table.assumptions, table.seals_section(section)
    shared = truth(negate(ule(table.machine.page, root.alignment)))
    closed = page.given(root.protection)
    steps: list[tuple[str, Truth, Followed]] = [
        ("opened to fill", opens_to_fill(table, root), page.given(OPENED)),
        ("closed after fill", opens_to_fill(table, root), closed),
        ("given its final protection", assume.by_loader, page.given(table.final_protection(section))),
        ("sealed", sealed, _without_write(page)),
        ("restored to be freed", all_of(assume.restored, any_of(sealed, assume.by_loader)), closed),
        ("opened to free", opens_to_free(table, root), page.given(OPENED)),
        ("closed after free", opens_to_free(table, root), closed),
    ]
    for name, enabled, after in steps:
        yield Micro(f"neighbour {name}", truth(all_of(shared, enabled)), after)


def in_order(table: ParamSet, root: AllocType, section: Section, page: Followed) -> Term:
    """Filled before loaded, loaded before sealed; sealed only where something seals, and so with a seal's traces."""
    seals_something = any_of(*(table.seals_section(s) for s in table.sections_of(root)))
    conjuncts = all_of(
        implies(page.loaded, page.filled),
        implies(page.sealed, page.loaded),
        implies(page.sealed, table.seals_section(section)),
        implies(page.stale, seals_something),
    )
    return truth(conjuncts)
