"""A table of numbers as a table of constant terms: the executable allocator's table for the symbolic side.

It is the inverse of concrete.in_boot(), without the fields that only rules about the table's text read.
"""

from __future__ import annotations

from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot
from modalloc_model.params import AllocType, Dialect, Machine, ParamSet, Protection, Range, Region, Section
from modalloc_model.words import FALSE, TRUE, constant, truth

NOWHERE = "a type that the table lacks"


def as_terms(params: Concrete) -> ParamSet:
    """The same table, every value a constant."""
    sections = tuple(Section(s.name, s.kind, s.init, s.root or NOWHERE) for s in params.sections)
    names = [root.name for root in params.roots]
    roots = tuple(_root(root, number, params.bits) for number, root in enumerate(params.roots))
    lost = _root(ConcreteRoot(NOWHERE, 0, 0, (None, None), "---", False, False, False), -1, params.bits)
    dialect = Dialect("adapted", (*names, NOWHERE), sections, inclusive_ends=True, assumptions=params.assumptions)
    return ParamSet("adapted", "", 0, _machine(params), dialect, params.assumptions, (*roots, lost))


def _machine(params: Concrete) -> Machine:
    page = constant(params.page, params.bits)
    registered = tuple(_region(f"region {n}", region, params.bits) for n, region in enumerate(params.registered))
    image = _region("image", params.image, params.bits) if params.image else None
    return Machine(
        "adapted", params.bits, page, page, True, registered=registered, image=image, reach=params.reach
    )  # fmt: skip


def _region(name: str, region: ConcreteRange, bits: int) -> Region:
    return Region(name, constant(region.first, bits), constant(region.last, bits))


def _root(root: ConcreteRoot, number: int, bits: int) -> AllocType:
    chosen = (*root.ranges, None, None)[:2]
    return AllocType(
        root.name, number, number, constant(root.granularity, bits), constant(root.alignment, bits),
        ranges=tuple(_range(r, bits) for r in chosen),
        second=truth(chosen[1] is not None),
        protection=Protection.of(root.protection, root.protection),
        seals=truth(root.seals), shared_pmd=FALSE, fill=truth(root.fill), invalidate=truth(root.invalidate),
        carved=truth(root.carved), large=constant(root.large, bits) if root.large else None,
        promised=constant(root.promised, bits) if root.promised else None,
    )  # fmt: skip


def _range(chosen: ConcreteRange | None, bits: int) -> Range:
    if chosen is None:
        nothing = constant(0, bits)
        return Range(nothing, nothing, FALSE, nothing, nothing)
    first, last = constant(chosen.first, bits), constant(chosen.last, bits)
    return Range(first, last, TRUE, first, last)
