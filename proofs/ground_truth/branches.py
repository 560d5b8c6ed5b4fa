"""Branches at the edges: each reaches exactly from its first place to its last target and back, or a little less."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from modalloc_model.params import Kind
from proofs.ground_truth.tables import chance
from proofs.ground_truth.world import Branch, Interval, World

INSTRUCTIONS = (1, 1, 2, 2, 4, 8)
KINDS = ("relative", "relative", "relative", "page", "page", "absolute", "segment", "anywhere")
PLACES = (("text",),) * 6 + (("data",), ("init-text",), ("text", "data"), ("data", "init-text"))


def branches(draw: random.Random, world: World) -> tuple[Branch, ...]:
    """None to three, of different kinds and lengths, in any order."""
    count = draw.choice((0, 1, 1, 2, 2, 3))
    return tuple(_branch(draw, world, f"branch{number}") for number in range(count))


def with_a_shorter_one(draw: random.Random, world: World) -> World:
    """Now and then: a long branch that reaches everything, and a short one that does from the long one's places."""
    texts = list(_spans(world, ("text",)))
    to = draw.choice(("kernel", "kernel", "data", "text"))
    targets = list(_spans(world, (to,)))
    if not texts or not targets or not chance(draw, 1, 6):
        return world
    text, target, half = draw.choice(texts), draw.choice(targets), world.size // 2
    short = draw.choice((1, 2))
    long = draw.choice((short * 2, 4, 8))
    lowest, highest = max(-half, target[0] - (text[1] - long + 1)), min(half - 1, target[1] - text[0])
    if lowest > highest:
        return world
    pair = (Branch("long", "anywhere", (to,), instruction=long), Branch("short", "relative", (to,), lowest, highest))
    return replace(world, branches=(pair[0], replace(pair[1], instruction=short), *world.branches[:1]))


def with_all_pages(draw: random.Random, world: World) -> World:
    """Now and then, where others allocate: one branch alone, which names every page, or every page but one."""
    if not world.others or not chance(draw, 1, 3):
        return world
    half, page_bits = world.size // 2, draw.choice((1, 2, 3))
    to = draw.choice((("kernel",), ("kernel",), ("kernel", "text"), world.others))
    highest = half - (draw.choice((1, 1, 2)) << page_bits)
    at, instruction = ("text", *world.others), draw.choice((1, 2))
    branch = Branch("pages", "page", to, -half, highest, instruction=instruction, at=at, page_bits=page_bits)
    return replace(world, branches=(branch,))


def _branch(draw: random.Random, world: World, name: str) -> Branch:
    kind, at = (
        draw.choice(KINDS),
        draw.choice(PLACES) + tuple(draw.sample(world.others, chance(draw, 1, 3) if world.others else 0)),
    )
    every = (
        "kernel",
        "kernel",
        "text",
        "text",
        "data",
        "init-text",
        *(named for named, _ in world.named),
        *world.others,
    )
    to = tuple(sorted(set(draw.sample(every, draw.choice((1, 1, 2, 3))))))
    instruction, page_bits = draw.choice(INSTRUCTIONS), draw.choice((1, world.page.bit_length() - 1, 3))
    lowest, highest = _reach(draw, world, (kind, at, to, instruction, page_bits if kind == "page" else 0))
    near = (-draw.randrange(world.size // 2), draw.randrange(world.size // 2)) if chance(draw, 1, 4) else (0, 0)
    return Branch(
        name, kind, to, lowest, highest, draw.choice((world.bits - 1, world.bits - 2, world.bits)), instruction,
        "plt" if near[1] or chance(draw, 1, 8) else "", at, page_bits, kind == "relative" and chance(draw, 1, 8),
        near if near[1] else (0, 0),
    )  # fmt: skip


def _reach(
    draw: random.Random, world: World, what: tuple[str, tuple[str, ...], tuple[str, ...], int, int]
) -> tuple[int, int]:
    """The least displacement and the greatest that are needed, give or take some bytes."""
    (kind, at, to, instruction, page_bits), half = what, world.size // 2
    places, targets = list(_spans(world, at)), list(_spans(world, to))
    if not places or not targets or chance(draw, 1, 5):
        return (-draw.randrange(1, half), draw.randrange(half))
    place, target = draw.choice(places), draw.choice(targets)
    first, last = (x >> page_bits << page_bits for x in (place[0], place[1] - instruction + 1))
    low, high = (x >> page_bits << page_bits for x in target)
    if kind == "absolute":
        first, last = 0, 0 if high < half else world.size
    least = low - last - draw.choice((0, 0, 0, 1, world.page, -1, -instruction, half))
    most = high - first + draw.choice((0, 0, 0, 1, world.page, -1, -instruction, half))
    if kind == "absolute" and high >= half:
        most = high - world.size
    least, most = max(-half, min(half - 1, least)), max(-half, min(half - 1, most))
    return min(least, most), max(least, most)


def _spans(world: World, sorts: tuple[str, ...]) -> Iterator[Interval]:
    """Where something of these sorts may lie: regions, and ranges from the first whole block to the last."""
    if "kernel" in sorts and world.image:
        yield world.image
    yield from (region for name, region in world.named if name in sorts)
    for part in world.parts:
        sort = "data" if part.kind is not Kind.TEXT else "init-text" if part.init else "text"
        if sort in sorts or (sort == "init-text" and "text" in sorts):
            yield from _blocks_of(world, part.type)
    for name in world.others:
        if name in sorts:
            yield from _blocks_of(world, name)


def _blocks_of(world: World, name: str) -> Iterator[Interval]:
    root = world.target(next(t for t in world.types if t.name == name))
    if root is None:
        return
    step = max(root.granularity, root.alignment, 1)
    for _, first, last in world.ranges(root):
        low = -(-first // step) * step
        high = low + (last - low + 1 - world.guard) // step * step - 1
        if low <= high:
            yield low, high
