"""The least and the greatest value of a term over all boots: boots are tried, and the solver proves the bound.

Most terms are extreme where the unknowns are, so those boots are tried first. A counterexample to a bound is the next
boot to try. After some rounds the remaining interval is bisected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from modalloc_model.engine.deciding import decide
from modalloc_model.engine.solvers import Budget
from modalloc_model.gate.findings import Measure
from modalloc_model.params import Unknown
from modalloc_model.words import Term, evaluate, is_constant, truth, ule, variables

BUDGET = Budget(resources=5_000_000)
"""For each question. A question beyond it is reported as undecided."""

_BOUND = Budget(resources=1_500_000)
"""For each bound. There are many; a bound that is not proved is reported as the best value found."""

_CORNERS = 6  # unknowns whose two ends are tried
_STEPS = 140  # enough to bisect a word of 64 bits

Boot = Mapping[str, int]


class LeftOpen(Exception):
    """The solver reached no answer; the message says why."""


def least(term: Term, domain: Term, unknowns: Sequence[Unknown]) -> int | None:
    """The least value, if it is proved to be the least; None if there is no boot. LeftOpen if it is not settled."""
    tried = _boots(domain, unknowns)
    if is_constant(term) or not tried:
        return term.value if tried else None
    low, is_least = _greatest(~term, domain, tried)
    if not is_least:
        raise LeftOpen("whether another boot has less")
    return evaluate(term, low)


def measure(term: Term, domain: Term, unknowns: Sequence[Unknown], unit: str) -> Measure | None:
    """Both extremes; None if there is no boot. LeftOpen if no value was found."""
    tried = _boots(domain, unknowns)
    if is_constant(term) or not tried:
        return Measure(unit, term.value, term.value) if tried else None
    low, is_least = _greatest(~term, domain, tried)
    high, is_greatest = _greatest(term, domain, tried)
    ends = evaluate(term, low), evaluate(term, high)
    return Measure(unit, *ends, _values_used(low, term), _values_used(high, term), is_least and is_greatest)


def _boots(domain: Term, unknowns: Sequence[Unknown]) -> list[Boot]:
    """Some boots, if there are any."""
    return list(_likely_boots(domain, unknowns)) or list(_any(domain))


def _likely_boots(domain: Term, unknowns: Sequence[Unknown]) -> Iterator[Boot]:
    """The corners of the unknowns' domains that are boots."""
    ends = [(u.step * u.low, u.step * u.high) if n < _CORNERS else (u.step * u.low,) for n, u in enumerate(unknowns)]
    for values in product(*ends):
        boot = dict(zip((unknown.name for unknown in unknowns), values, strict=True))
        if evaluate(domain, boot):
            yield boot


def _any(domain: Term) -> Iterator[Boot]:
    """A boot from the solver, if there is one."""
    found = decide("there is no boot", domain, truth(False), {}, BUDGET, "z3")
    if found.holds is None:
        raise LeftOpen(found.reason)
    if not found.holds:
        yield {**dict.fromkeys(variables(domain), 0), **found.boot}


def _greatest(term: Term, domain: Term, tried: Sequence[Boot]) -> tuple[Boot, bool]:
    """A boot in which the term is greatest, and whether that is proved.

    Two questions alternate: is there a greater value, and is there a value in the upper half of the remaining interval?
    """
    boot = max(tried, key=lambda one: evaluate(term, one))
    value, limit, halve = evaluate(term, boot), (1 << term.bits) - 1, False
    for _ in range(_STEPS):
        goal = (value + limit) // 2 if halve else value
        found = decide("a bound of a measure", domain, truth(ule(term, goal)), {}, _BOUND, "z3")
        if found.holds is None or (found.holds and goal == value):
            return boot, bool(found.holds)
        if found.holds:
            limit = goal
        else:
            boot = {**dict.fromkeys(variables(term, domain), 0), **found.boot}
            value = evaluate(term, boot)
        halve = not halve
    return boot, False


def _values_used(boot: Boot, term: Term) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((name, boot[name]) for name in variables(term)))
