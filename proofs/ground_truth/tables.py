"""Tables to enumerate: drawn by number, small enough, and wrong in every way that a table can be.

Two of three are right by construction, with up to two things in them replaced (what a mistake looks like); the third
is anything. Words of 6 to 8 bits, pages of 2 to 8 bytes, one or two roots, one to four sections, all assumptions.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from modalloc_model.params import ARBITER, CLAIMS, FREE_ACCESS, GUARD, PROTECT, Assumptions, Kind
from proofs.ground_truth.world import Branch, Fields, Part, World

PAGES = {6: ((2, 8), (4, 8), (8, 16)), 7: ((2, 8), (4, 16), (8, 16)), 8: ((4, 16), (8, 16))}
"""Page and large page in bytes, by the bits of a word."""

KINDS = {
    "TEXT": (Kind.TEXT, False),
    "DATA": (Kind.DATA, False),
    "RODATA": (Kind.RODATA, False),
    "RODATA_AFTER_INIT": (Kind.RODATA_AFTER_INIT, False),
    "INITTEXT": (Kind.TEXT, True),
    "INITDATA": (Kind.DATA, True),
    "INITRODATA": (Kind.RODATA, True),
}
PROPER = {Kind.TEXT: "r-x", Kind.DATA: "rw-", Kind.RODATA: "r--", Kind.RODATA_AFTER_INIT: "rw-"}


@dataclass(frozen=True)
class Sketch:
    """A root in integers."""

    granularity: int
    alignment: int
    ranges: tuple[tuple[int, int], ...]  # as written: start, end (inclusive)
    second: bool
    letters: str
    seals: bool
    fill: bool
    invalidate: bool


def plain(seed: int, bits: int | None = None) -> World:
    """Table number `seed` on a machine of few words; the same everywhere."""
    draw = random.Random(seed)
    width = bits or draw.choice((6, 6, 6, 7, 8))
    page, pmd = draw.choice(PAGES[width])
    names = draw.sample(sorted(KINDS), draw.choice((1, 1, 2, 2, 2, 3, 3, 4)))
    count = min(len(names), draw.choice((1, 2, 2)))
    assumptions = _assumptions(draw)
    if chance(draw, 1, 3):
        sketches = [_wild(draw, width, page) for _ in range(count)]
        homes = [
            draw.choice([*range(len(names)), len(names)]) if chance(draw, 1, 10) else _home(draw, k, count)
            for k in range(len(names))
        ]
    else:
        homes = [_home(draw, k, count) for k in range(len(names))]
        kinds = [{KINDS[n][0] for n, home in zip(names, homes, strict=True) if home == k} for k in range(count)]
        sketches = [_right(draw, width, page, pmd, kinds[k], assumptions, k) for k in range(count)]
        for _ in range(draw.choice((0, 0, 1, 1, 2))):
            k = draw.randrange(count)
            sketches[k] = _grafted(draw, sketches[k], _wild(draw, width, page))
        if count > 1 and chance(draw, 3, 10):
            sketches[1] = replace(sketches[1], ranges=sketches[0].ranges)
        if chance(draw, 3, 10):
            assumptions = _assumptions(draw)
    types = tuple(
        _fields(name, homes[k], sketches[k] if k < count else sketches[0], pmd) for k, name in enumerate(names)
    )
    parts = tuple(Part(name, *KINDS[name], type=name) for name in names)
    return _on_machine(draw, World(width, page, pmd, types, parts, assumptions=assumptions))


def chance(draw: random.Random, share: int, of: int) -> bool:
    """`share` times of `of`."""
    return draw.randrange(of) < share


def _home(draw: random.Random, number: int, count: int) -> int:
    return number if number < count else draw.randrange(count)


def _assumptions(draw: random.Random) -> Assumptions:
    return Assumptions(
        draw.choice(PROTECT), draw.choice(FREE_ACCESS), draw.choice(ARBITER), draw.choice(GUARD),
        draw.choice(((), CLAIMS)),
    )  # fmt: skip


def _on_machine(draw: random.Random, world: World) -> World:
    bits, page = world.bits, world.page
    first = draw.randrange(1 << bits) // page * page
    targets = (("kernel",), ("text",), ("data",), ("text", "data"))
    branch = Branch(
        "branch", draw.choice(("relative", "relative", "segment")), draw.choice(targets),
        lowest=-(1 << bits - 2), highest=(1 << bits - 2) - 1, segment_bits=bits - 1, instruction=draw.choice((1, 2)),
    )  # fmt: skip
    return replace(
        world,
        registered=((first, first + page - 1),) if chance(draw, 1, 4) else (),
        image=(page, 2 * page - 1),
        branches=(branch,) if chance(draw, 1, 5) else (),
    )


def _right(
    draw: random.Random, bits: int, page: int, pmd: int, kinds: set[Kind], assumptions: Assumptions, number: int
) -> Sketch:
    """A root for sections of these kinds, if one is suitable."""
    large = chance(draw, 2, 5)
    granularity = pmd if large else page
    alignment = draw.choice([page, page, page, granularity, page // 2, 1])
    letters = "rw-" if assumptions.protect == "by-loader" else _common(kinds)
    needs_help = "w" not in letters and assumptions.protect != "after-fill"
    first = (1 << bits - 1) + (number if assumptions.arbiter == "private" or chance(draw, 1, 2) else 0) * (
        1 << bits - 2
    )
    length = granularity * draw.choice((1, 2, 2, 3)) + (page if assumptions.guard == "page" else 0)
    length = min(length, (1 << bits - 2))
    second = (page * 2, page * 2 + length - 1)
    seals = Kind.RODATA_AFTER_INIT in kinds
    return Sketch(
        granularity, alignment, ((first, first + length - 1), second), chance(draw, 1, 4),
        letters, seals, fill=needs_help or chance(draw, 1, 5),
        invalidate="w" not in letters or seals or chance(draw, 1, 5),
    )  # fmt: skip


def _common(kinds: set[Kind]) -> str:
    proper = [PROPER[kind] for kind in kinds]
    return "".join(max(letters[k] for letters in proper) for k in range(3)) if proper else "rw-"


def _wild(draw: random.Random, bits: int, page: int) -> Sketch:
    top = (1 << bits) - 1
    step = [
        1,
        page // 2,
        page,
        page,
        2 * page,
        4 * page,
        0,
        3,
        page - 1,
        page + 1,
        3 * page // 2,
        1 << bits - 1,
        draw.randint(0, top),
    ]
    letters = ["rwx", "rw-", "r-x", "r--", "---", "rw-", "r-x"]
    return Sketch(
        draw.choice(step), draw.choice(step), (_range(draw, top, page), _range(draw, top, page)), chance(draw, 2, 5),
        draw.choice(letters), *(chance(draw, 2, 5) for _ in range(3)),
    )  # fmt: skip


def _range(draw: random.Random, top: int, page: int) -> tuple[int, int]:
    length = draw.choice((draw.randint(1, 3 * page), draw.randint(1, 3 * page), draw.randint(1, top)))
    first = draw.choice((draw.randint(0, top), max(0, top - length + 1), 2 * page, page))
    return first, draw.choice((min(top, first + length - 1),) * 9 + (draw.randint(0, top),))


def _grafted(draw: random.Random, right: Sketch, wrong: Sketch) -> Sketch:
    fields = ("granularity", "alignment", "ranges", "second", "letters", "seals", "fill", "invalidate")
    name = draw.choice(fields)
    return replace(right, **{name: getattr(wrong, name)})


def _fields(name: str, home: int, sketch: Sketch, pmd: int) -> Fields:
    """The type as written; functions have names of their own."""
    starts, ends = zip(*sketch.ranges, strict=True)
    return Fields(
        name, home, sketch.granularity, sketch.alignment, starts, ends, sketch.second, sketch.letters, sketch.seals,
        sketch.granularity == pmd, "poke" if sketch.fill else "", "poison" if sketch.invalidate else "",
    )  # fmt: skip
