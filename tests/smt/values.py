"""Values for the variables of terms, drawn so that what has to meet often does; and what a term's value should be."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from types import ModuleType

import pytest

from modalloc_model.designs.mail.invariants import Extent
from modalloc_model.params import AllocType
from modalloc_model.smt.spans import Span
from modalloc_model.smt.transitions import Clause
from modalloc_model.words import FALSE, Term, eq, evaluate, truth, variables
from tests.properties.toy import PAGE, TOP, word

Values = dict[str, int]


def drawn(count: int, names: Iterable[str], seed: int = 3) -> Iterator[Values]:
    """Words of 8 bits: few different ones, and often the next."""
    g, names = random.Random(seed), sorted(names)
    for _ in range(count):
        few = [g.randrange(TOP + 1) for _ in range(4)]
        near = [*few, *few, g.randrange(TOP + 1), (few[0] + 1) & TOP, (few[1] - 1) & TOP]
        yield {name: g.choice(near) for name in names}


def drawn_for(count: int, *terms: Term, seed: int = 3) -> Iterator[Values]:
    """Values for every variable of the terms; of an interval x.lo to x.last mostly in order."""
    found = variables(*terms)
    g = random.Random(seed)
    for values in drawn(count, (name for name, term in found.items() if term.bits), seed):
        for name in values:
            lo, last = values[name], values.get(name.removesuffix("lo") + "last", TOP)
            if name.endswith(".lo") and lo > last and g.random() < 0.9:
                values[name], values[name.removesuffix("lo") + "last"] = last, lo
        yield values | {name: g.randrange(2) for name, term in found.items() if not term.bits}


def of_extents(*names: str) -> list[str]:
    return [f"{name}.{end}" for name in names for end in ("lo", "last", "block.lo", "block.last")]


def span(values: Values, name: str) -> Span:
    return Span(word(values[f"{name}.lo"]), word(values[f"{name}.last"]))


def extent(values: Values, name: str, of: AllocType, guard: Term, free: Term = FALSE, block: str = "") -> Extent:
    return Extent(name, of, span(values, name), span(values, block or f"{name}.block"), guard, free)


def said(clauses: tuple[Clause, ...], *elements: Extent) -> dict[str, bool]:
    """What is known of these elements, of each and of each two, by the clause's name."""
    found = {}
    for clause in clauses:
        of_each = [clause.of(e) for e in elements]
        of_two = [clause.of(x, y) for x, y in combinations(elements, 2)]
        found[clause.name] = all(evaluate(term) for term in (*of_each, *of_two))
    return found


def ordered(values: Values) -> Values:
    """Most intervals in order, as they are where anything is known of them; and every other time whole pages."""
    whole = sum(values.values()) % 2
    for name in [name for name in values if name.endswith("lo")]:
        last = name.removesuffix("lo") + "last"
        if values[name] > values[last] and values[name] % 8:
            values[name], values[last] = values[last], values[name]
        if whole:
            values[name], values[last] = values[name] & -PAGE, values[last] | (PAGE - 1)
    return values


def values_of(terms: Mapping[str, Term], values: Values) -> dict[str, bool]:
    return {name: bool(evaluate(term, values)) for name, term in terms.items()}


# -- arbitrary functions, of terms and of numbers ----------------------------------------------------------------------


def _hashed(x: int) -> bool:
    return bool((x ^ x >> 3 ^ x >> 4) & 1)


def _some_bit(x: Term) -> Term:
    return truth(eq((x ^ (x >> 3) ^ (x >> 4)) & 1, 1))


def power(x: int) -> bool:
    """In the place of being a power of two."""
    return _hashed((37 * x + 11) & TOP)


def fits(x: int, a: int) -> bool:
    """In the place of being aligned."""
    return _hashed((19 * x + 7 * a + 3) & TOP)


def up(x: int, a: int) -> int:
    """In the place of ALIGN."""
    return (29 * x + 13 * a + 5) & TOP


def make_arbitrary(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """Let the module build its terms with these in the place of what they stand for."""
    monkeypatch.setattr(module, "is_power_of_two", lambda x: _some_bit(x * 37 + 11))
    monkeypatch.setattr(module, "is_aligned", lambda x, a: _some_bit(x * 19 + a * 7 + 3))
    monkeypatch.setattr(module, "aligned", lambda x, a: x * 29 + a * 13 + 5)
