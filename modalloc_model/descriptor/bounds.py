"""Bounds of convenience, and lengths that contradict the addresses they are named after.

A bound is an assumption of a profile about an unknown, a constraint or a region; --beyond lifts it. A length such as
MODULES_LEN is evaluated beside MODULES_VADDR and MODULES_END in two boots, with each unknown least and greatest: a
difference is an error in the source, agreement proves nothing. Fact H06: with the operands swapped, a test against it
never fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from modalloc_model.descriptor.context import WrittenUnknown
from modalloc_model.descriptor.environment import Environment
from modalloc_model.descriptor.profile import Profile, WrittenRegion
from modalloc_model.descriptor.source import Journal, Text
from modalloc_model.params import Bound, Machine, Unknown
from modalloc_model.words import Term, evaluate, is_constant, lift, variables

Evaluate = Callable[[Text], Term]
Beyond = Mapping[str, Text | None]


@dataclass(frozen=True)
class Domain:
    """The k of `step * k` that an unknown may have, both ends included."""

    low: int
    high: int


def domain(
    name: str, written: WrittenUnknown, step: int, bits: int, beyond: Beyond, evaluate: Evaluate, journal: Journal
) -> Domain:
    """The unknown's domain: as written, or, with --beyond, extended to the machine's limit or to the given value."""
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
    """A value above the domain becomes its maximum, a value below it its minimum."""
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
    """All active bounds: of the unknowns, whose domains are read, of constraints, and of regions."""
    domains = {unknown.name: unknown for unknown in read}
    found = [_of_unknown(domains[name], written, beyond) for name, written in sorted(unknowns.items())]
    found += [
        Bound(one.name, one.text.text.strip(), one.why, one.name)
        for one in profile.constraints
        if one.name and one.name not in beyond
    ]
    return (*(bound for bound in found if bound), *_of_kasan(profile, beyond), *_of_regions(profile, beyond))


def _of_unknown(unknown: Unknown, written: WrittenUnknown, beyond: Beyond) -> Bound | None:
    bound = written.bound
    if bound is None or (unknown.name in beyond and beyond[unknown.name] is None):
        return None
    least = f"{unknown.step * unknown.low:#x} <= " if bound.least else ""
    most = f" <= {unknown.step * unknown.high:#x}" if bound.most or not bound.least else ""
    why = bound.why if unknown.name not in beyond else "as far as --beyond has it"
    return Bound(unknown.name, f"{least}{unknown.name}{most}", why, unknown.name)


KASAN = "kasan_alignment"


def _of_kasan(profile: Profile, beyond: Beyond) -> Iterator[Bound]:
    if profile.kasan_alignment and profile.kasan_alignment.bound and KASAN not in beyond:
        yield Bound(KASAN, "no alignment for KASAN", profile.kasan_alignment.bound, KASAN)


def _of_regions(profile: Profile, beyond: Beyond) -> Iterator[Bound]:
    for region in profile.regions:
        if region.bound:
            quoted = f"'{region.name}'" if " " in region.name else region.name
            why = region.bound if region.name not in beyond else "as far as --beyond has it"
            yield Bound(region.name, region.name, why, f"{quoted}=END")


def end_of(region: WrittenRegion, beyond: Beyond, journal: Journal) -> Text | None:
    """The end that --beyond gives the region; None if it gives none."""
    if not region.bound or region.name not in beyond:
        return None
    end = beyond[region.name]
    if end is None:
        message = f"{region.name} is bounded by its end: {region.bound}"
        hint = f"say how far it goes: --beyond '{region.name}'=END, the byte after its last"
        journal.error(region.where, "bad-value", message, hint)
    return end


def doubt_lengths(profile: Profile, machine: Machine, environment: Environment, journal: Journal) -> None:
    """Warns of each X_LEN that is not X_END - X_VADDR (or X_START), at the place of its definition."""
    for name, written in profile.sizes.items():
        bounds = _bounds(name.removesuffix("_LEN"), machine)
        value = environment.symbol(name) if name.endswith("_LEN") and bounds else None
        if bounds is None or value is None:
            continue
        length = lift(bounds[1] - bounds[0] + (1 if machine.inclusive_ends else 0), machine.bits)
        for boot in _boots(machine, value.term, length):
            said, true = evaluate(value.term, boot), evaluate(length, boot)
            if said != true:
                message = f"{name} is {written.text.text.strip()}: {said:#x} where the area has {true:#x} bytes"
                journal.warn(written.text.at(), "length", f"{message} ({written.source})")
                break


def _bounds(stem: str, machine: Machine) -> tuple[Term, Term] | None:
    start = machine.symbols.get(f"{stem}_VADDR", machine.symbols.get(f"{stem}_START"))
    end = machine.symbols.get(f"{stem}_END")
    return (start, end) if start is not None and end is not None else None


def _boots(machine: Machine, *terms: Term) -> Iterator[Mapping[str, int]]:
    spoken = variables(*terms)
    for most in (False, True):
        yield {u.name: u.step * (u.high if most else u.low) for u in machine.unknowns if u.name in spoken}
