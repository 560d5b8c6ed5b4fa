"""Random tables in which one hypothesis fails and all others hold.

A table is the symbolic table of `theorems/symbolic.py` with random values, without reach rules and kernel image. It is
used only if the hypotheses, evaluated with these values, are as required.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from modalloc_model.concrete import Concrete, in_boot
from modalloc_model.params import Assumptions, ParamSet
from modalloc_model.theorems.load_bearing.pieces import Instance
from modalloc_model.words import evaluate, variables

DRAWS = 15000  # random tables for one piece
PAGE = 4096
_BASES = (0x1000_0000, 0x1000_0000, 0x1000_0000, 0x1000_0800, 0x1000_1000, 0x2000_0000)
_STRANGE_SIZES = (
    (PAGE // 2 * 3, 4 * PAGE),
    (PAGE, PAGE // 2 * 3),
    (PAGE, 3 * PAGE),
    (PAGE, PAGE // 2),
    (4 * PAGE, PAGE),
)
"""Sizes (page, large page) that no machine has."""


def tables(instances: Sequence[Instance], hypothesis: str, seed: str) -> Iterator[tuple[Instance, Concrete]]:
    """Tables that break the hypothesis alone, for the instances in turn; the same tables for the same seed."""
    generator = random.Random(seed)
    others = [_others(instance) for instance in instances]
    for number in range(DRAWS if instances else 0):
        instance = instances[number % len(instances)]
        values = others[number % len(instances)] | draw(generator, hypothesis)
        if breaks_this_alone(instance, values):
            yield instance, concrete(instance.claim.table, values)


def _others(instance: Instance) -> dict[str, int]:
    """0 for each variable of the hypotheses that is not a parameter of the table."""
    return dict.fromkeys(variables(instance.dropped, *instance.kept.values()), 0)


def breaks_this_alone(instance: Instance, values: Mapping[str, int]) -> bool:
    """Whether the piece is false with these values and every other hypothesis true."""
    return not evaluate(instance.dropped, values) and all(evaluate(term, values) for term in instance.kept.values())


def draw(generator: random.Random, strange: str = "") -> dict[str, int]:
    """Random values for the symbolic table's parameters: typical ones, and unusual ones for hypothesis `strange`."""
    page, pmd = PAGE, generator.choice((4 * PAGE, 4 * PAGE, 4 * PAGE, 512 * PAGE))
    if strange == "machine":
        page, pmd = generator.choice(_STRANGE_SIZES)
    values = {"PAGE_SIZE": page, "PMD_SIZE": pmd}
    here = _root(generator, page, pmd, strange)
    shared_oddity = strange if strange == "ALN002" else ""  # nothing is assumed of Q: an odd block may meet an odd one
    there = {**_root(generator, page, pmd, shared_oddity), **_same_ranges(generator, here)}
    for root, fields in (("R", here), ("Q", there)):
        values |= {f"{root}.{name}": value for name, value in fields.items()}
    protect = generator.choice(("at-map", "after-fill", "by-loader"))
    values |= {name: int(protect == name) for name in ("after-fill", "by-loader")}
    chances = {"restored": 2, "shared arbiter": 2, "guard page": 4, "exact search": 2}
    return values | {name: int(not generator.randrange(chance)) for name, chance in chances.items()}


def _same_ranges(generator: random.Random, fields: Mapping[str, int]) -> dict[str, int]:
    """The ranges of the other root, for two tables in three: most tables give several types the same addresses."""
    if not generator.randrange(3):
        return {}
    return {name: value for name, value in fields.items() if name.startswith(("start", "end"))}


def _root(generator: random.Random, page: int, pmd: int, strange: str) -> dict[str, int]:
    granularities = (64, PAGE // 2, page // 2 * 3, 3 * page) if strange == "ALN002" else (page, pmd)
    alignments = (48, page // 2 * 3, 3 * page, page) if strange == "ALN001" else (64, PAGE, 2 * PAGE, pmd)
    granularity, alignment = generator.choice(granularities), generator.choice(alignments)
    flags = ("second", "read", "write", "execute", "seals", "fill", "invalidate")
    found = {flag: generator.randrange(2) for flag in flags}
    found |= _carving(generator, page, granularity, alignment, strange)
    found["shared_pmd"] = int(found["granularity"] == pmd)
    for number in range(2):
        start = generator.choice(_BASES) + number * 0x100_0000
        length = generator.choice((16 * pmd, 16 * pmd, 4 * pmd, 5 * page, granularity, 0))
        found |= {f"start{number}": start, f"end{number}": start + length - 1}
    return found


def _carving(generator: random.Random, page: int, granularity: int, alignment: int, strange: str) -> dict[str, int]:
    """Carving for one root in four, with any promised alignment; other roots promise their own alignment."""
    if not generator.randrange(4) and strange not in ("ALN001", "ALN002"):
        promised = generator.choice((64, page, 2 * page))
        return {"carved": 1, "granularity": page, "alignment": page, "promised": promised}
    promised = generator.choice((alignment, 32, 48)) if strange == "ALN001" else alignment
    return {"carved": 0, "granularity": granularity, "alignment": alignment, "promised": promised}


def concrete(table: ParamSet, values: Mapping[str, int]) -> Concrete:
    """The symbolic table with these values, for the executable allocator."""
    protect = next((name for name in ("after-fill", "by-loader") if values[name]), "at-map")
    assumptions = Assumptions(
        protect=protect,
        free_access="restored" if values["restored"] else "as-is",
        arbiter="shared" if values["shared arbiter"] else "private",
        guard="page" if values["guard page"] else "none",
        claims=table.assumptions.claims,
        arbiter_search="exact" if values["exact search"] else "linux",
    )
    bare = replace(table, machine=replace(table.machine, image=None, reach=()))
    return replace(in_boot(bare, values), assumptions=assumptions)
