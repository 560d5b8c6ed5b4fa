"""Lengths that disagree with the bounds they are named after: MODULES_LEN beside MODULES_VADDR and MODULES_END.

Evaluated in two boots, each unknown at its least and at its most: a disagreement there is one, agreement is no proof.
Leaves out: who uses the length. Fact H06: with the operands swapped, a test against it never fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modalloc_model.descriptor.environment import Environment
from modalloc_model.descriptor.profile import Profile
from modalloc_model.descriptor.source import Journal
from modalloc_model.params import Machine
from modalloc_model.words import Term, evaluate, lift, variables


def doubt_lengths(profile: Profile, machine: Machine, environment: Environment, journal: Journal) -> None:
    """Warn of each X_LEN that is not X_END - X_VADDR (or X_START), at the place where it is written."""
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
