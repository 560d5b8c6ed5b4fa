"""Tables, policies and loads, drawn: tables that are right by construction, and tables that are anything at all."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import strategies as st

from modalloc_model.allocator import AnyPlace, BestFit, Highest, Lowest, Policy, Random
from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.designs.mail.loader import Request
from modalloc_model.params import ARBITER, ARBITER_SEARCH, CLAIMS, FREE_ACCESS, GUARD, PROTECT, Assumptions, Kind

ODDEST = 15  # one request in sixteen has a size of any kind

SECTIONS = {
    "TEXT": (Kind.TEXT, False),
    "DATA": (Kind.DATA, False),
    "RODATA": (Kind.RODATA, False),
    "RODATA_AFTER_INIT": (Kind.RODATA_AFTER_INIT, False),
    "INITTEXT": (Kind.TEXT, True),
    "INITDATA": (Kind.DATA, True),
    "INITRODATA": (Kind.RODATA, True),
}
"""The mail's seven section types: kind, and whether it goes after init."""

PAGES = {8: (2, 4), 16: (16, 256), 32: (4096,), 64: (4096, 65536)}
"""Page sizes by the bits of a word."""

TWINS = {"INITTEXT": "TEXT", "INITDATA": "DATA", "INITRODATA": "RODATA"}


def policies() -> st.SearchStrategy[Policy]:
    """Every policy, that keeps empty blocks or gives them back."""
    anywhere = st.builds(lambda seed: AnyPlace(random.Random(seed)), st.integers(0, 1 << 16))
    return st.one_of(tried_places(), st.builds(_releasing, anywhere, st.booleans()))


def tried_places() -> st.SearchStrategy[Policy]:
    """The policies that take the place that the search tries, as symbolic runs do."""
    plain = st.one_of(st.builds(Lowest), st.builds(Highest), st.builds(BestFit))
    seeded = st.builds(lambda seed: Random(random.Random(seed)), st.integers(0, 1 << 16))
    return st.builds(_releasing, st.one_of(plain, seeded), st.booleans())


def _releasing(policy: Policy, release: bool) -> Policy:
    policy.release = release
    return policy


def _machine(assumptions: Assumptions, bits: int, page: int, roots: list[ConcreteRoot]) -> Concrete:
    return Concrete(bits, page, page if assumptions.guard == "page" else 0, assumptions, tuple(roots), ())


# -- anything at all -------------------------------------------------------------------------------------------------


def any_table() -> st.SearchStrategy[Concrete]:
    """Tables in which nothing needs to make sense, and right ones with something wrong put into them."""
    return st.one_of(grafted_table(), crowded_table(), crowded_table(), wild_table())


@st.composite
def grafted_table(draw: st.DrawFn) -> Concrete:
    """A right table with some values replaced, as by a mistake in a patch."""
    table = draw(well_formed_table())
    if draw(st.booleans()):
        table = _assuming(table, draw(_assumptions()))
    if draw(st.booleans()):
        table = replace(table, sections=draw(_sections([root.name for root in table.roots])))
    roots = [draw(_grafted_root(root, table.bits, table.page)) for root in table.roots]
    if draw(st.booleans()):  # a range copied from one type to the next
        roots = [replace(root, ranges=roots[0].ranges) for root in roots]
    return replace(table, roots=tuple(roots))


@st.composite
def _grafted_root(draw: st.DrawFn, root: ConcreteRoot, bits: int, page: int) -> ConcreteRoot:
    wrong = draw(_any_root(root.name, bits, page))
    fields = ("granularity", "alignment", "ranges", "protection", "seals", "fill", "invalidate")
    chosen = draw(st.lists(st.sampled_from(fields), max_size=2, unique=True))
    return replace(root, **{field: getattr(wrong, field) for field in chosen})


@st.composite
def crowded_table(draw: st.DrawFn) -> Concrete:
    """Blocks of whole pages in which several extents share a page, so that operations affect neighbours."""
    bits = draw(st.sampled_from([8, 16, 16, 32, 64]))
    page = PAGES[bits][-1]
    assumptions = draw(_assumptions())
    names = ["DATA", "RODATA_AFTER_INIT"][: draw(st.integers(1, 2))]
    span = page * draw(st.sampled_from([2, 4, 8]))
    firsts = [draw(st.sampled_from([0, (1 << bits) - span, (1 << bits) // 2])) for _ in names]
    roots = [draw(_crowded_root(n, page, ConcreteRange(f, f + span - 1))) for n, f in zip(names, firsts, strict=True)]
    return replace(_machine(assumptions, bits, page, roots), sections=draw(_sections(names)))


@st.composite
def _crowded_root(draw: st.DrawFn, name: str, page: int, chosen: ConcreteRange) -> ConcreteRoot:
    granularity = page * draw(st.sampled_from([1, 1, 2]))
    alignment = max(1, page // draw(st.sampled_from([2, 4, page])))
    letters = draw(st.sampled_from(["rwx", "rw-", "rw-", "r-x", "r--"]))
    flags = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    return ConcreteRoot(name, granularity, alignment, (chosen, None), letters, *flags)


@st.composite
def wild_table(draw: st.DrawFn) -> Concrete:
    """A table of up to three roots and drawn values."""
    bits = draw(st.sampled_from(sorted(PAGES)))
    page = draw(st.sampled_from(PAGES[bits]))
    names = ["TEXT", "DATA", "RODATA_AFTER_INIT"][: draw(st.integers(1, 3))]
    roots = [draw(_any_root(name, bits, page)) for name in names]
    registered = tuple(draw(st.lists(_any_range(bits, page), max_size=2)))
    machine = _machine(draw(_assumptions()), bits, page, roots)
    return replace(machine, sections=draw(_sections(names)), registered=registered)


@st.composite
def _assumptions(draw: st.DrawFn) -> Assumptions:
    return Assumptions(
        draw(st.sampled_from(PROTECT)),
        draw(st.sampled_from(FREE_ACCESS)),
        draw(st.sampled_from(ARBITER)),
        draw(st.sampled_from(GUARD)),
        draw(st.sampled_from(((), CLAIMS))),
        draw(st.sampled_from(ARBITER_SEARCH)),
    )


def _assuming(table: Concrete, assumptions: Assumptions) -> Concrete:
    return replace(table, assumptions=assumptions, guard=table.page if assumptions.guard == "page" else 0)


@st.composite
def _sections(draw: st.DrawFn, roots: list[str]) -> tuple[ConcreteSection, ...]:
    """Every section type, each on a random root, sometimes on none."""
    targets = st.sampled_from([*roots, *roots, ""])
    return tuple(ConcreteSection(name, *SECTIONS[name], root=draw(targets)) for name in SECTIONS)


@st.composite
def _any_root(draw: st.DrawFn, name: str, bits: int, page: int) -> ConcreteRoot:
    usual = st.sampled_from([1, page // 2, page, page, 2 * page, 4 * page])
    odd = st.sampled_from([0, 3, page - 1, page + 1, 3 * page // 2, 1 << (bits - 1)])
    step = st.one_of(usual, usual, odd, st.integers(0, (1 << bits) - 1))
    letters = st.sampled_from(["rwx", "rw-", "r-x", "r--", "---", "rwx"])
    ranges = draw(st.tuples(_any_range(bits, page) | st.none(), st.none() | _any_range(bits, page)))
    flags = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    return ConcreteRoot(name, draw(step), draw(step), ranges, draw(letters), *flags)


@st.composite
def _any_range(draw: st.DrawFn, bits: int, page: int) -> ConcreteRange:
    top = (1 << bits) - 1
    length = draw(st.one_of(st.integers(1, 8 * page), st.integers(1, top)))
    first = draw(st.one_of(st.integers(0, top), st.just(max(0, top - length + 1)), st.just(4 * page)))
    return ConcreteRange(first, min(top, first + length - 1))


# -- right by construction -------------------------------------------------------------------------------------------


@st.composite
def well_formed_table(draw: st.DrawFn) -> Concrete:
    """A table that violates no rule at all, whatever happens to it."""
    bits = draw(st.sampled_from([16, 32, 64]))
    page = draw(st.sampled_from(PAGES[bits]))
    build = draw(st.sampled_from([_legacy, _separate, _by_loader]))
    assumptions, roots = draw(build(page))
    roots = [draw(_with_carving(root, page)) for root in roots]
    if all(max(root.granularity, root.alignment) <= page for root in roots):  # above, Linux passes over holes
        assumptions = replace(assumptions, arbiter_search=draw(st.sampled_from(ARBITER_SEARCH)))
    placed = _place(draw, assumptions, roots, bits, page)
    names = {root.name for root in roots}
    sections = tuple(ConcreteSection(n, *SECTIONS[n], root=_target(n, names)) for n in SECTIONS)
    regions = draw(st.lists(_any_range(bits, page), max_size=2).filter(lambda found: _leave_room(found, placed)))
    machine = replace(_machine(assumptions, bits, page, placed), registered=tuple(regions))
    return replace(machine, sections=sections)


@st.composite
def _with_carving(draw: st.DrawFn, root: ConcreteRoot, page: int) -> ConcreteRoot:
    """A root of large blocks that are used again may be a cache, which falls back to smaller ones."""
    if not (root.reuses and root.alignment == page and draw(st.booleans())):
        return root
    return replace(root, carved=True, large=root.granularity, granularity=page)


def _leave_room(regions: list[ConcreteRange], roots: list[ConcreteRoot]) -> bool:
    """No region touches a first range: every section has room for a byte."""
    firsts = [r for root in roots for r in root.ranges[:1] if r]
    return not any(x.first <= y.last and y.first <= x.last for x in regions for y in firsts)


def _target(section: str, names: set[str]) -> str:
    twin = TWINS.get(section, section)
    return twin if twin in names else "TEXT"


def _place(
    draw: st.DrawFn, assumptions: Assumptions, roots: list[ConcreteRoot], bits: int, page: int
) -> list[ConcreteRoot]:
    """The roots in ranges of their own where arbiters are private, else in one and the same, that may fill up."""
    unit = max(root.granularity for root in roots)
    shift, size = draw(st.integers(0, 3)), unit * draw(st.integers(2, 6))
    low, away = (1 << bits) // 2, draw(st.sampled_from(["middle", "top", "bottom"]))
    placed: list[ConcreteRoot] = []
    for number, root in enumerate(roots):
        apart = number * 8 * unit if assumptions.arbiter == "private" else 0
        first = {"middle": low + shift * page + apart, "top": (1 << bits) - size - apart, "bottom": apart}[away]
        second = ConcreteRange(low - 8 * unit * (number + 1), low - 8 * unit * (number + 1) + size - 1)
        ranges = (ConcreteRange(first, first + size - 1), draw(st.sampled_from([None, second])))
        placed.append(replace(root, ranges=ranges))
    return placed


@st.composite
def _legacy(draw: st.DrawFn, page: int) -> tuple[Assumptions, list[ConcreteRoot]]:
    """module_alloc() of Linux 6.1: one type, mapped rwx."""
    assumptions = Assumptions(
        draw(st.sampled_from(["at-map", "after-fill"])),
        draw(st.sampled_from(FREE_ACCESS)),
        draw(st.sampled_from(ARBITER)),
        draw(st.sampled_from(GUARD)),
    )
    alignment = draw(st.sampled_from([page, page // 2, 1]))
    granularity = draw(st.sampled_from([page, 4 * page]))
    return assumptions, [ConcreteRoot("TEXT", granularity, alignment, (), "rwx", False, False, False)]


@st.composite
def _separate(draw: st.DrawFn, page: int) -> tuple[Assumptions, list[ConcreteRoot]]:
    """Strict separation: a type for each kind, with functions where memory is not writable."""
    restored = draw(st.booleans())
    assumptions = Assumptions(
        "at-map",
        "restored" if restored else "as-is",
        draw(st.sampled_from(ARBITER)),
        draw(st.sampled_from(GUARD)),
        draw(st.sampled_from(((), CLAIMS))),
    )
    large = draw(st.sampled_from([page, 4 * page]))
    sealed = large if restored else page  # a seal without a way back must not meet reuse
    return assumptions, [
        ConcreteRoot("TEXT", large, page, (), "r-x", False, True, True),
        ConcreteRoot("DATA", large, draw(st.sampled_from([page, page // 2])), (), "rw-", False, False, False),
        ConcreteRoot("RODATA", large, page, (), "r--", False, True, True),
        ConcreteRoot("RODATA_AFTER_INIT", sealed, page, (), "rw-", True, False, True),
    ]


@st.composite
def _by_loader(draw: st.DrawFn, page: int) -> tuple[Assumptions, list[ConcreteRoot]]:
    """execmem of Linux 6.10: pages mapped writable, and the loader sets each section's protection."""
    claims = draw(st.sampled_from(((), CLAIMS)))
    assumptions = Assumptions("by-loader", "restored", "shared", "page", claims)
    return assumptions, [ConcreteRoot("TEXT", page, page, (), "rw-", False, False, False)]


# -- loads -----------------------------------------------------------------------------------------------------------


def requests(params: Concrete) -> st.SearchStrategy[list[Request]]:
    """The sections of a module: mostly a few pages, sometimes nothing, or more than there is."""
    page, top = params.page, (1 << params.bits) - 1
    usual = st.sampled_from([1, page // 2 + 1, page, page + 1, 3 * page])
    odd = st.one_of(st.integers(0, top), st.sampled_from([0, top, top - page]))
    sizes = st.integers(0, ODDEST).flatmap(lambda die: odd if die == ODDEST else usual)
    names = [section.name for section in params.sections]
    return st.lists(st.builds(Request, st.sampled_from(names), sizes), min_size=1, max_size=5)
