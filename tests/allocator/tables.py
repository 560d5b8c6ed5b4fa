"""Small tables and traces, written in as few words as a test needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.conformance.tables import SECTIONS
from modalloc_model.params import Assumptions
from modalloc_model.trace import Placement, Step, Trace

PAGE = 0x1000
PMD = 0x20_0000
BASE = 0x8000_0000
MODULE_SPACE = ConcreteRange(BASE, BASE + 0x0FFF_FFFF)


def root(
    name: str,
    protection: str = "rw-",
    *,
    granularity: int = PAGE,
    alignment: int = PAGE,
    ranges: Sequence[ConcreteRange | None] = (MODULE_SPACE, None),
    seals: bool = False,
    fill: bool = False,
    invalidate: bool = False,
) -> ConcreteRoot:
    """A root that allocates single pages of module space, unless told otherwise."""
    return ConcreteRoot(name, granularity, alignment, tuple(ranges), protection, seals, fill, invalidate)


def table(
    *roots: ConcreteRoot,
    sections: dict[str, str] | None = None,
    assume: Assumptions | None = None,
    bits: int = 32,
    page: int = PAGE,
) -> Concrete:
    """A table of these roots; a section maps to the root of its name, unless `sections` says to which."""
    names = {r.name: r.name for r in roots} | (sections or {})
    found = tuple(ConcreteSection(n, *SECTIONS[n], root=target) for n, target in names.items() if n in SECTIONS)
    assumptions = assume or Assumptions()
    return Concrete(bits, page, page if assumptions.guard == "page" else 0, assumptions, roots, found)


def load(module: str, *placements: tuple[str, int, int | None]) -> Step:
    """A load of sections of such a size at such an address."""
    return Step("load", module, tuple(Placement(*p) for p in placements))


def finish_init(module: str) -> Step:
    """The end of init."""
    return Step("finish_init", module)


def unload(module: str, release: bool = False) -> Step:
    """An unload."""
    return Step("unload", module, release=release)


def trace(rule: str, subject: str, params: Concrete, *steps: Step) -> Trace:
    """A trace of these steps."""
    return Trace("test", rule, subject, {}, params, steps)


def on(found: Trace, params: Concrete, *steps: Step) -> Trace:
    """The same trace on another table, with other steps where given."""
    return replace(found, params=params, steps=steps or found.steps)
