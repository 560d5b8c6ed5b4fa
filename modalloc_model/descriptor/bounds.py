"""Bounds of convenience: what a profile assumes of an unknown, a constraint or a region, and what lies beyond.

Leaves out: whether a name that is given with --beyond is a bound of any profile; the readers know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from modalloc_model.descriptor.context import WrittenUnknown
from modalloc_model.descriptor.profile import Profile
from modalloc_model.descriptor.source import Journal, Text
from modalloc_model.params import Bound, Unknown
from modalloc_model.words import Term, is_constant

Evaluate = Callable[[Text], Term]
Beyond = Mapping[str, Text | None]


@dataclass(frozen=True)
class Domain:
    """The k of `step * k` that an unknown may have, both included."""

    low: int
    high: int


def domain(
    name: str, written: WrittenUnknown, step: int, bits: int, beyond: Beyond, evaluate: Evaluate, journal: Journal
) -> Domain:
    """The unknown's domain: as written, or, with --beyond, as far as the machine or the value given there goes."""
    own = Domain(written.low, written.high)
    bound = written.bound
    if bound is None or name not in beyond:
        return own
    wanted = beyond[name]
    if wanted is not None:
        return _as_far_as(wanted, own, name, step, evaluate, journal)
    low = _value(bound.least, evaluate, journal) if bound.least else step * own.low
    most = (1 << bits) - 1 if not bound.least else step * own.high
    high = _value(bound.most, evaluate, journal) if bound.most else most
    return Domain(min(own.low, -(-low // step)), max(own.high, high // step))


def _as_far_as(wanted: Text, own: Domain, name: str, step: int, evaluate: Evaluate, journal: Journal) -> Domain:
    """A value above the domain is a new greatest one, a value below it a new least one."""
    value = _value(wanted, evaluate, journal)
    if step * own.low <= value <= step * own.high:
        message = f"{name} may be {value:#x} as it is: {step * own.low:#x} .. {step * own.high:#x}"
        journal.error(wanted.at(), "bad-value", message, "name a value beyond that")
    return Domain(min(own.low, -(-value // step)), max(own.high, value // step))


def _value(text: Text, evaluate: Evaluate, journal: Journal) -> int:
    term = evaluate(text)
    if is_constant(term):
        return term.value
    journal.error(text.at(), "not-constant", f"a bound is a number, and {text.text.strip()!r} depends on the boot")
    return 0


def bounds(
    profile: Profile, unknowns: Mapping[str, WrittenUnknown], read: Iterable[Unknown], beyond: Beyond
) -> tuple[Bound, ...]:
    """All that hold: of the unknowns, whose domains are read, of constraints, and of regions."""
    domains = {unknown.name: unknown for unknown in read}
    found = [_of_unknown(domains[name], written, beyond) for name, written in sorted(unknowns.items())]
    found += [
        Bound(one.name, one.text.text.strip(), one.why)
        for one in profile.constraints
        if one.name and one.name not in beyond
    ]
    return (*(bound for bound in found if bound), *_of_regions(profile))


def _of_unknown(unknown: Unknown, written: WrittenUnknown, beyond: Beyond) -> Bound | None:
    bound = written.bound
    if bound is None or (unknown.name in beyond and beyond[unknown.name] is None):
        return None
    least = f"{unknown.step * unknown.low:#x} <= " if bound.least else ""
    most = f" <= {unknown.step * unknown.high:#x}" if bound.most or not bound.least else ""
    why = bound.why if unknown.name not in beyond else "as far as --beyond has it"
    return Bound(unknown.name, f"{least}{unknown.name}{most}", why)


def _of_regions(profile: Profile) -> Iterator[Bound]:
    image = (profile.image,) if profile.image else ()
    for region in (*profile.windows, *profile.forbidden, *profile.registered, *image):
        if region.bound:
            yield Bound(region.name, region.name, region.bound, liftable=False)
