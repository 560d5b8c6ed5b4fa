"""Symbolic runs: what a sequence of operations makes of a table, with sizes and boot-time unknowns left open.

A run is one path: which operation comes next, which free extent or hole each allocation takes, is chosen; sizes,
addresses and the boot are terms, and `constraints` says when the path can be taken. The operations are the relations of
`mail/operations.py`; of the places that a hole has, a run takes the one that the search tries, or any (`anywhere`).
Each load asks for one section; a load of several is several modules' worth of the same steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from modalloc_model.designs.arbiter import symbolic as arbiter
from modalloc_model.designs.arbiter.symbolic import Foreign, Hole, fits_hole, holes
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.invariants import Extent
from modalloc_model.designs.mail.operations import found, fresh, fresh_rounding, reuse
from modalloc_model.designs.mail.run_pages import OPENED, UNMAPPED, Assignment, writable_throughout
from modalloc_model.designs.mail.transitions import operations, scene_of
from modalloc_model.params import AllocType, Kind, ParamSet, Protection, Section
from modalloc_model.smt import runs
from modalloc_model.smt.runs import step
from modalloc_model.smt.spans import Span, any_span, pages_of
from modalloc_model.smt.transitions import Element, Transition
from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    all_of,
    any_of,
    constant,
    is_constant,
    negate,
    truth,
    ule,
    ult,
    variable,
)


@dataclass(frozen=True)
class Held(Extent):
    """A live extent of the run, and whose it is."""

    section: Section
    module: str
    reused: bool  # it was placed in memory that was used before
    number: int  # of the range its block lies in
    live: bool = False  # its module's init is over
    sealed: bool = False

    @property
    def root(self) -> AllocType:
        """Its pool."""
        return self.pool


@dataclass(frozen=True)
class Mapped:
    """A block of the run."""

    root: AllocType
    span: Span
    area: Span
    gone: bool = False


@dataclass(frozen=True)
class Fault:
    """A write to an extent whose pages may not allow it; `allowed` says when they do."""

    what: str  # "fill" or "free"
    extent: Held
    before: tuple[Assignment, ...]
    allowed: Term


@dataclass(frozen=True)
class Refused:
    """What was asked of the root and did not fit, and the blocks and elements that there were.

    `nowhere`: not even a search that passes over no hole would have found room.
    """

    root: AllocType
    size: Term
    blocks: tuple[Mapped, ...]
    nowhere: Term
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True)
class Asked(runs.Asked):
    """The operations of a run in the order of the trace; sizes and places are terms. `place` is None where refused.

    take: others take `area` from the arbiter of `root` ("" for the one that all share).
    """

    words: tuple[tuple[str, Term], ...] = field(default=(), kw_only=True)
    pool: str = field(default="", kw_only=True)
    module: str = ""
    section: str = ""
    size: Term | None = None
    place: Term | None = None
    area: Span | None = None
    root: str = ""


@dataclass(frozen=True)
class Run(runs.Run):
    """A path of the mail's allocator: extents and areas of others are its elements, holes lie between them."""

    derived = (Hole,)

    asked: tuple[Asked, ...] = ()
    blocks: tuple[Mapped, ...] = ()  # in the order in which they were mapped
    pages: tuple[Assignment, ...] = ()
    writes: tuple[Fault, ...] = ()  # of the last operation: each may fault
    apart: tuple[Term, ...] = ()  # for each block that the last operation maps: it meets no other root's
    placed: tuple[Held, ...] = ()  # by the last operation
    sealed_now: tuple[Held, ...] = ()  # by the last operation
    since: int = 0  # assignments before the last operation
    refused: Refused | None = None  # by the last operation
    reusing: frozenset[str] = frozenset()  # the roots that do, of those of which the boot decides it

    def reuses(self, root: AllocType) -> bool:
        """Whether free space in blocks of the root is used again, in every boot that the run is of."""
        return root.reuses == TRUE or root.name in self.reusing

    @property
    def held(self) -> tuple[Held, ...]:
        """The live extents, in the order in which they were placed."""
        return tuple(e for e in self.elements if isinstance(e, Held))

    @property
    def others(self) -> tuple[Foreign, ...]:
        """What others have taken."""
        return tuple(e for e in self.elements if isinstance(e, Foreign))

    def free(self, root: AllocType) -> list[Extent]:
        """The root's free extents, block by block."""
        if not self.reuses(root):
            return []
        there = [e for e in self.elements if isinstance(e, Extent) and e.pool is root and e.free != FALSE]
        return [e for b in self.blocks if b.root is root and not b.gone for e in there if e.block == b.span]

    @property
    def areas(self) -> tuple[tuple[AllocType | None, Span], ...]:
        """What the arbiter keeps busy: regions (of no root), what others have, and blocks."""
        regions = [(None, Span(r.first, r.last, r.nonempty)) for r in self.table.machine.registered]
        taken = [(others.arbiter, others.span) for others in self.others]
        return (*regions, *taken, *((b.root, b.area) for b in self.blocks if not b.gone))


# -- operations ------------------------------------------------------------------------------------------------------


def start(table: ParamSet) -> Run:
    """Nothing is loaded, in any boot. Of a table in which the boot decides what is used again: see `starts`."""
    return Run(table, constraints=(table.machine.domain,))


def starts(table: ParamSet) -> Iterator[Run]:
    """Nothing is loaded; one run for each way in which the boot can decide which roots use free space again."""
    decided = [root for root in table.roots if not is_constant(root.reuses)]
    for chosen in product((True, False), repeat=len(decided)):
        reusing = frozenset(root.name for root, yes in zip(decided, chosen, strict=True) if yes)
        so = (root.reuses if yes else negate(root.reuses) for root, yes in zip(decided, chosen, strict=True))
        yield replace(start(table), reusing=reusing).having(*so)


def load(run: Run, section: Section, module: str, anywhere: bool = False) -> Iterator[Run]:
    """Every way in which the module can load the one section, and that it is refused.

    `anywhere`: at any aligned place of a hole that fits.
    """
    root = run.table.section_root(section)
    if root is None:
        return
    size = variable(f"{module}.{section.name}.size", run.table.machine.bits)
    begun = _begun(run)
    begun = begun.having(ult(constant(0, size.bits), size))
    place = variable(f"{module}.{section.name}.place", size.bits) if anywhere else None
    for placed in _placements(begun, root, section, module, size, place):
        yield _loaded(placed)
    yield _with(_refused(begun, begun, root, size), Asked("load", module, section.name, size, None))


def _refused(run: Run, before: Run, root: AllocType, size: Term) -> Run:
    """Where the search finds nothing in the state that `before` has come to."""
    nowhere = truth(
        all_of(*(negate(fits) for fits in (_some_reuse(before, root, size), *_fitting(before, root, size))))
    )
    refused = Refused(root, size, before.blocks, nowhere, before.elements)
    return replace(run.having(*_nothing_found(before, root, size)), refused=refused)


def load_both(run: Run, sections: tuple[Section, Section], module: str) -> Iterator[Run]:
    """Every way in which a load places two sections: both are allocated before either is filled."""
    bits = run.table.machine.bits
    begun = _begun(run)
    begins = [begun]
    for section in sections:
        root = run.table.section_root(section)
        if root is None:
            return
        size = variable(f"{module}.{section.name}.size", bits)
        begins = [
            _also_placed(before, placed)
            for before in begins
            for placed in _placements(_asking(before, size), root, section, module, size)
        ]
    for placed in begins:
        yield _loaded(replace(placed, since=len(placed.pages)))


def _asking(run: Run, size: Term) -> Run:
    """Something is asked for, once what was placed before has met no other root's block."""
    return replace(run.having(ult(constant(0, size.bits), size), *run.apart), apart=())


def _also_placed(before: Run, after: Run) -> Run:
    return replace(after, placed=(*before.placed, *after.placed))


def failed_load(run: Run, section: Section, too_large: Section, module: str) -> Iterator[Run]:
    """Every way in which a load places the one section, finds no room for the other, and rolls back."""
    root, other = run.table.section_root(section), run.table.section_root(too_large)
    if root is None:
        return
    bits = run.table.machine.bits
    size, rest = (variable(f"{module}.{s.name}.size", bits) for s in (section, too_large))
    begun = _begun(run)
    for able in _placements(begun.having(ult(constant(0, bits), size)), root, section, module, size):
        placed = replace(able.having(*able.apart), apart=())
        (extent,) = placed.placed
        failing = placed.having(ult(constant(0, bits), rest))
        if other is not None:
            failing = _refused(failing, placed, other, rest)
        yield _freed(_with(failing, Asked("load", module, too_large.name, rest, None)), extent, loaded=False)


def _nothing_found(run: Run, root: AllocType, size: Term) -> tuple[Truth, ...]:
    return (negate(_some_reuse(run, root, size)), *(negate(f) for _, f in _all_found(run, root, size)))


def take(run: Run, root: AllocType | None = None) -> Run:
    """Others take address space, any that is free, from the arbiter of the root; from the one that all share."""
    bits, begun = run.table.machine.bits, _begun(run)
    area = any_span(f"others{len(run.others)}", bits)
    taking, _ = arbiter.operations(scene_of(Matter(run.table, root or run.table.types[0])))
    options = [taking.step(Hole("hole", hole), area.lo, area.last) for hole in _holes(begun, root)]
    free = begun.having(any_of(*(option.enabled for option in options)))
    taken = replace(free, elements=(*free.elements, Foreign("taken", area, root)))
    return _with(taken, Asked("take", area=area, root=root.name if root else ""))


def _with(run: Run, asked: Asked) -> Run:
    return replace(run, asked=(*run.asked, asked))


def settled(run: Run) -> Run:
    """The run, where it goes on: no write of the last operation faulted, and no block met another root's."""
    return run.having(*(write.allowed for write in run.writes), *run.apart)


def _begun(run: Run) -> Run:
    """The run, where it goes on, before the next operation."""
    begun = settled(run)
    return replace(begun, writes=(), apart=(), placed=(), sealed_now=(), refused=None, since=len(run.pages))


def written_before(run: Run, assignments: int) -> Term:
    """The writes of the last operation that come before its pages' assignment number `assignments` did not fault."""
    return truth(all_of(*(write.allowed for write in run.writes if len(write.before) < assignments)))


def _some_reuse(run: Run, root: AllocType, size: Term) -> Term:
    return truth(any_of(*(reuse(root, f.span, size).enabled for f in run.free(root))))


def _placements(
    run: Run, root: AllocType, section: Section, module: str, size: Term, place: Term | None = None
) -> Iterator[Run]:
    """By reuse; then, where nothing is free, a fresh block, in each range and hole that is tried before."""
    scene = scene_of(Matter(run.table, root))
    by_reuse, *_ = operations(scene)
    for free in run.free(root):
        yield _placed(*step(run, by_reuse, (free,), (size,)), section, module, size, None)
    nothing_free = run.having(negate(_some_reuse(run, root, size)))
    for number in (n for n in range(len(root.ranges)) if root.usable(n) != FALSE):
        earlier = [negate(f) for n, f in _all_found(run, root, size) if n < number]
        for attempt in root.attempts():
            _, *fresh_in = operations(replace(scene, asks=attempt))
            for hole in (Hole("hole", hole) for hole in _holes(run, root)):
                able, done = step(nothing_free, fresh_in[number], (hole,), (size,))
                if place is not None:  # the search comes upon the hole; the block lies anywhere in it
                    words = replace(fresh_rounding(attempt, hole.span, number, size), p=place)
                    able, done = step(nothing_free.having(done.condition), fresh_in[number], (hole,), (size, words))
                yield _placed(able.having(*earlier), done, section, module, size, number)
            earlier += [negate(found(run.table, attempt, hole, number, size)) for hole in _holes(run, root)]


def _placed(run: Run, done: Transition, section: Section, module: str, size: Term, number: int | None) -> Run:
    """What the step made live is the module's; `number` is that of the range of a fresh block."""
    live = next(e for e in done.produced if isinstance(e, Extent) and e.name == "live")
    words = (live.name, live.pool, live.span, live.block, live.guard, live.free)
    held = Held(*words, section, module, reused=number is None, number=number or 0)
    run = replace(run, elements=tuple(held if e is live else e for e in run.elements), placed=(held,))
    run = run if number is None else _mapped(run, held)
    return _with(run, Asked("load", module, section.name, size, live.span.lo))


def _mapped(run: Run, held: Held) -> Run:
    mapping = Assignment(pages_of(held.block, run.table.machine.page), held.pool.protection, held.span)
    apart = (*run.apart, *_apart_from_others(run, held.pool, held.block))
    block = Mapped(held.pool, held.block, held.area)
    return replace(run, blocks=(*run.blocks, block), apart=apart, pages=(*run.pages, mapping))


def _apart_from_others(run: Run, root: AllocType, block: Span) -> Iterator[Term]:
    """With an arbiter each, roots do not know of each other's blocks."""
    for other in run.blocks if run.table.assumptions.shared != TRUE else ():
        if other.root is not root and not other.gone:
            yield block.apart(other.span)


def _all_found(run: Run, root: AllocType, size: Term) -> Iterator[tuple[int, Term]]:
    """For each range and hole: whether a fresh block for `size` fits, and the search surely comes upon the hole."""
    for number in range(len(root.ranges)):
        for hole in _holes(run, root):
            yield number, found(run.table, root, hole, number, size)


def _fitting(run: Run, root: AllocType, size: Term) -> Iterator[Term]:
    """For each range and hole: whether a fresh block for `size` fits."""
    for number in range(len(root.ranges)):
        for hole in _holes(run, root):
            yield fresh(root, run.table.guard, hole, number, size).enabled


def _busy(run: Run, root: AllocType | None) -> list[Span]:
    """The areas that the root's arbiter knows; None stands for the arbiter that all share."""
    shared = run.table.assumptions.shared != FALSE
    return [area for owner, area in run.areas if shared or owner is None or owner is root]


def _holes(run: Run, root: AllocType | None) -> Iterator[Span]:
    return holes(_busy(run, root), run.table.machine.bits)


def _loaded(run: Run) -> Run:
    """What was placed is filled, and then given its final protection if the loader does that."""
    for extent in run.placed:
        opens = _opens(run.table.assumptions.after_fill, extent.root.fill, extent.root)
        run = _written(run, extent, "fill", extent.root.fill, opens)
    for extent in run.placed if run.table.assumptions.by_loader == TRUE else ():
        run = _assigned(run, extent, run.table.final_protection(extent.section))
    return run


def _opens(assumed: Term, function: Term, root: AllocType) -> bool:
    return truth(all_of(assumed, negate(function), negate(root.protection.write))) == TRUE


def _written(run: Run, extent: Held, what: str, function: Term, opens: bool) -> Run:
    if opens:
        run = _assigned(run, extent, OPENED)
    if function != TRUE:
        allowed = writable_throughout(run.table, run.pages, extent.span)
        run = replace(run, writes=(*run.writes, Fault(what, extent, run.pages, allowed)))
    return _assigned(run, extent, extent.root.protection) if opens else run


def _assigned(run: Run, extent: Held, protection: Protection | None) -> Run:
    pages = pages_of(extent.span, run.table.machine.page)
    return replace(run, pages=(*run.pages, Assignment(pages, protection, extent.span)))


def finish_init(run: Run, module: str) -> Run:
    """The module's seals, and then its INIT sections go."""
    run = _begun(run)
    for extent in [e for e in run.held if e.module == module]:
        sealed = run.table.seals_section(extent.section) == TRUE
        if sealed:
            run = _assigned(run, extent, None)
        changed = replace(extent, live=True, sealed=sealed)
        run = replace(run, elements=tuple(changed if e is extent else e for e in run.elements))
        if sealed:
            run = replace(run, sealed_now=(*run.sealed_now, changed))
    for extent in [e for e in run.held if e.module == module and e.section.init]:
        run = _freed(run, extent)
    return _with(run, Asked("finish_init", module))


def unload(run: Run, module: str) -> Run:
    """Everything that is left of the module is freed; an empty block stays where memory is used again."""
    run = _begun(run)
    for extent in [e for e in run.held if e.module == module]:
        run = _freed(run, extent)
    return _with(run, Asked("unload", module))


def _freed(run: Run, extent: Held, loaded: bool = True) -> Run:
    """`loaded` is whether the loader has come to give the extent its final protection."""
    assume, root = run.table.assumptions, extent.root
    if assume.restored == TRUE and (extent.sealed or (loaded and assume.by_loader == TRUE)):
        run = _assigned(run, extent, root.protection)
    run = _written(run, extent, "free", root.invalidate, _opens(assume.restored, root.invalidate, root))
    ways = {operation.name: operation for operation in operations(scene_of(Matter(run.table, root)))}
    if run.reuses(root):
        return step(run, ways["free"], (extent,))[0]
    run, _ = step(run, ways["give back"], (extent,))
    unmapped = Assignment(pages_of(extent.block, run.table.machine.page), UNMAPPED)
    blocks = tuple(replace(b, gone=True) if b.span == extent.block and not b.gone else b for b in run.blocks)
    return replace(run, blocks=blocks, pages=(*run.pages, unmapped))


def room_for(run: Run, root: AllocType, size: Term, place: Term) -> Iterator[tuple[int, Term]]:
    """For each range: whether `place`, a multiple of the block's alignment, has room for a fresh block."""
    for number, chosen in enumerate(root.ranges):
        for hole in _holes(run, root):
            words = fresh_rounding(root, hole, number, size)
            total = words.n + run.table.guard
            fits = all_of(
                root.usable(number),
                ule(words.s, words.n),  # no fresh block can be asked for where the words wrap
                ule(words.n, total),
                fits_hole(hole, chosen, place, total),
            )
            yield number, truth(fits)


def late(section: Section) -> bool:
    """It is read-only once the module is live."""
    return section.kind is Kind.RODATA_AFTER_INIT and not section.init
