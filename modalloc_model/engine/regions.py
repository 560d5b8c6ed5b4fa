"""Checks that a machine's regions are in order in every boot. A profile with a region that wraps is refused.

Bounds that are sums of unknowns are compared at the ends of the unknowns' domains; a solver decides the rest, and gives
a boot as a counterexample. If it is undecided the profile is accepted: RNG005 has the same conjunct, and is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from modalloc_model.params import Machine, ParamSet, Region, Unknown
from modalloc_model.verdict import Problem
from modalloc_model.words import TRUE, Term, evaluate, folded, is_constant

_HINT = "a region must end at or after its start, unless it is empty; bound the unknowns, or the region"


def wrapping(tables: Iterable[ParamSet]) -> tuple[Problem, ...]:
    """A problem for each region of the tables' machines that wraps in some boot, with its place in the profile."""
    machines = {(t.machine.regions, t.machine.domain): t.machine for t in tables}
    found = (problem for machine in machines.values() for problem in _of(machine))
    return tuple(dict.fromkeys(found))


def _of(machine: Machine) -> Iterator[Problem]:
    for region in machine.regions:
        if not is_constant(region.ordered) and not _evident(region, machine):
            boot = _boot_that_wraps(region, machine)
            if boot is not None:
                yield Problem(region.where, "profile", _message(region, machine, boot), _HINT)


def _boot_that_wraps(region: Region, machine: Machine) -> Mapping[str, int] | None:
    from modalloc_model.engine.deciding import decide
    from modalloc_model.engine.solvers import Budget

    name = f"region {region.name} is in order"
    found = decide(name, machine.domain, region.ordered, machine.floors, Budget(), "z3")
    return {**machine.floors, **found.boot} if found.holds is False else None


def _message(region: Region, machine: Machine, boot: Mapping[str, int]) -> str:
    first, last = evaluate(region.first, boot), evaluate(region.last, boot)
    where = ", ".join(f"{name} = {boot[name]:#x}" for name in sorted(machine.floors))
    return f"region {region.name!r} ends at {last:#x}, before it begins at {first:#x}, where {where}"


# -- sums of unknowns ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sum:
    """A linear sum over the integers: the coefficient of each variable, and a number. A word is its value mod 2**W."""

    counts: Mapping[str, int]
    number: int

    def plus(self, other: Sum, times: int = 1) -> Sum:
        """This sum plus `times` the other."""
        names = {**self.counts, **other.counts}
        counts = {name: self.counts.get(name, 0) + times * other.counts.get(name, 0) for name in names}
        return Sum(counts, self.number + times * other.number)

    def bounds(self, unknowns: Mapping[str, Unknown]) -> tuple[int, int]:
        """The least and the greatest value, over all values of the unknowns."""
        steps = {name: count * unknowns[name].step for name, count in self.counts.items()}
        ends = [sorted((step * unknowns[name].low, step * unknowns[name].high)) for name, step in steps.items()]
        return self.number + sum(low for low, _ in ends), self.number + sum(high for _, high in ends)


def _evident(region: Region, machine: Machine) -> bool:
    """Both bounds are sums that do not wrap, and the last is no lower than the first."""
    unknowns = {unknown.name: unknown for unknown in machine.unknowns}
    ends = [_unwrapped(term, unknowns) for term in (region.first, region.last)]
    if ends[0] is None or ends[1] is None:
        return False
    least = 0 if region.nonempty == TRUE else -1
    return ends[1].plus(ends[0], -1).bounds(unknowns)[0] >= least


def _unwrapped(term: Term, unknowns: Mapping[str, Unknown]) -> Sum | None:
    """The sum that equals the word in every boot; None if the term is not a sum, or wraps in some boots only."""
    found = folded(term, _sum)
    if found is None or not found.counts.keys() <= unknowns.keys():
        return None
    low, high = found.bounds(unknowns)
    turns = low >> term.bits
    return Sum(found.counts, found.number - (turns << term.bits)) if high >> term.bits == turns else None


def _sum(term: Term, parts: tuple[Sum | None, ...]) -> Sum | None:
    if is_constant(term):
        return Sum({}, term.value)
    if term.op == "var":
        return Sum({term.name: 1}, 0)
    if term.op not in ("bvadd", "bvsub"):
        return None
    left, right = parts
    return left.plus(right, 1 if term.op == "bvadd" else -1) if left and right else None
