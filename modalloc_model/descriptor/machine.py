"""Profiles to machines: evaluates every expression of a profile under the definitions of a table and its caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from modalloc_model.descriptor.bounds import KASAN, Beyond, bounds, domain, end_of
from modalloc_model.descriptor.context import WrittenUnknown
from modalloc_model.descriptor.environment import Environment, Symbols
from modalloc_model.descriptor.profile import Profile, Sourced, WrittenRegion
from modalloc_model.descriptor.source import Journal, Text
from modalloc_model.params import Machine, Protection, Region, Unknown
from modalloc_model.words import FALSE, TRUE, Term, constant, is_constant, ne, truth, ule, variable


@dataclass(frozen=True)
class Overrides:
    """Differences from the profile: symbols, further unknowns and constraints, protections, enumerators, KASAN."""

    defines: Mapping[str, Text] = field(default_factory=dict)
    unknowns: Mapping[str, WrittenUnknown] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    constraints: tuple[Text, ...] = ()
    protections: Mapping[str, str] = field(default_factory=dict)
    kasan_alignment: Text | None = None
    beyond: Beyond = field(default_factory=dict)  # lifted bounds
    configured: bool = False  # the kernel's configuration decides: no assumption about KASAN


def build(profile: Profile, overrides: Overrides, journal: Journal) -> tuple[Machine, Environment] | None:
    """The machine, and the environment for reading a table on it; None after a problem."""
    before = journal.errors
    unknowns = {**profile.unknowns, **overrides.unknowns}
    unknowns = {name: written for name, written in unknowns.items() if name not in overrides.defines}
    environment = _environment(profile, overrides, unknowns, journal)
    machine = _Builder(profile, environment, overrides.beyond, journal).machine(unknowns, overrides)
    if journal.errors > before:
        return None
    extra = _addresses(overrides.defines.keys() - profile.symbols.keys() - profile.sizes.keys(), machine, environment)
    return replace(machine, symbols={**machine.symbols, **extra}), environment


def _environment(
    profile: Profile, overrides: Overrides, unknowns: Mapping[str, WrittenUnknown], journal: Journal
) -> Environment:
    pages = {"PAGE_SIZE": profile.page, "PMD_SIZE": profile.pmd}
    written = {**profile.symbols, **profile.sizes, **{name: value for name, value in pages.items() if value}}
    symbols = Symbols(
        bits=profile.bits,
        defines=overrides.defines,
        numbers=overrides.numbers,
        unknowns={name: variable(name, profile.bits) for name in unknowns},
        symbols={name: value.text for name, value in written.items()},
    )
    return Environment(symbols, journal)


def _addresses(names: Iterable[str], machine: Machine, environment: Environment) -> dict[str, Term]:
    """The defined names that are addresses, as far as can be determined; they label places in reports."""
    lowest = min((w.first.value for w in machine.windows if is_constant(w.first)), default=machine.page.value)
    found = {}
    for name in sorted(names):
        value = environment.symbol(name) if _is_number(environment, name) else None
        if value and (not is_constant(value.term) or value.term.value >= lowest):
            found[name] = value.term
    return found


def _is_number(environment: Environment, name: str) -> bool:
    """Whether a defined name may be an address; an option of the configuration is not."""
    text = environment.symbols.defines[name].text.strip()
    return not name.startswith("CONFIG_") and not text.isidentifier()


class _Builder:
    """Evaluates a profile; after a problem in the journal, the machine is unusable."""

    def __init__(self, profile: Profile, environment: Environment, beyond: Beyond, journal: Journal) -> None:
        self._profile = profile
        self._environment = environment
        self._beyond = beyond
        self._journal = journal
        self._zero = constant(0, profile.bits)

    def machine(self, unknowns: Mapping[str, WrittenUnknown], overrides: Overrides) -> Machine:
        profile = self._profile
        own = {name: Protection.of(name, letters) for name, letters in overrides.protections.items()}
        kept = (one.text for one in profile.constraints if not (one.name and one.name in self._beyond))
        constraints = (*kept, *overrides.constraints)
        read = tuple(self._unknown(name, unknowns[name]) for name in sorted(unknowns))
        page, pmd = self._size("PAGE_SIZE", profile.page), self._size("PMD_SIZE", profile.pmd)
        own_kasan = profile.kasan_alignment
        counts = own_kasan and (not own_kasan.bound or KASAN in self._beyond)
        kasan = overrides.kasan_alignment or (own_kasan.text if own_kasan and counts else None)
        if is_constant(page) and is_constant(pmd) and page.value > pmd.value:
            self._journal.error(profile.where, "profile", f"PAGE_SIZE {page.value:#x} is above PMD_SIZE {pmd.value:#x}")
        return Machine(
            name=profile.name,
            bits=profile.bits,
            page=page,
            pmd=pmd,
            inclusive_ends=profile.inclusive_ends,
            protections={name: p for name in profile.protections if (p := profile.protection(name))} | own,
            windows=self._regions(profile.windows),
            forbidden=self._regions(profile.forbidden),
            registered=self._regions(profile.registered),
            image=self._aim(profile.image) if profile.image else None,
            reach=profile.reach,
            targets=tuple(self._aim(target) for target in profile.targets),
            kasan_alignment=self._term(kasan) if kasan else None,
            symbols={name: self._symbol(name) for name in sorted(profile.symbols)},
            unknowns=read,
            constraints=tuple(truth(ne(self._term(text), 0)) for text in constraints),
            strict_module_rwx=profile.strict_module_rwx,
            bounds=tuple(
                one
                for one in bounds(profile, unknowns, read, self._beyond)
                if one.name != KASAN or not (overrides.kasan_alignment or overrides.configured)
            ),
            none=profile.none,
        )

    def _term(self, text: Text) -> Term:
        value = self._environment.evaluate(text)
        return value.term if value else self._zero

    def _symbol(self, name: str) -> Term:
        written = self._environment.symbols.defines.get(name) or self._profile.symbols[name].text
        return self._term(Text(name, written.source, written.offset))

    def _size(self, name: str, given: Sourced | None) -> Term:
        written = self._environment.symbols.defines.get(name) or (given.text if given else None)
        if written is None:
            return self._zero
        before = self._journal.errors
        size = self._term(Text(name, written.source, written.offset))
        one_bit = is_constant(size) and size.value and not size.value & (size.value - 1)
        if self._journal.errors == before and not one_bit:
            self._journal.error(written.at(), "profile", f"{name} is {size}, not a power of two")
        return size

    def _regions(self, written: tuple[WrittenRegion, ...]) -> tuple[Region, ...]:
        return tuple(self._region(region) for region in written)

    def _region(self, written: WrittenRegion) -> Region:
        before = self._journal.errors
        lifted = end_of(written, self._beyond, self._journal)
        first, bound = self._term(written.first), self._term(written.last)
        if lifted:
            bound = self._farther(written, bound, lifted)
        region = (
            Region.before(written.name, first, bound, written.source)
            if written.exclusive or lifted
            else Region(written.name, first, bound, written.source)
        )
        if region.ordered == FALSE and self._journal.errors == before:
            message = f"region {written.name!r} ends at {region.last.value:#x}, before it begins at {first.value:#x}"
            self._journal.error(written.where, "profile", message)
        return replace(region, where=written.where, allows=written.allows)

    def _farther(self, written: WrittenRegion, own: Term, lifted: Text) -> Term:
        """The byte after the region's last, from --beyond."""
        end, least = self._term(lifted), own if written.exclusive else own + 1
        if truth(ule(end - 1, least - 1)) == TRUE:
            message = f"{written.name} ends at {least} as it is, and {lifted.text.strip()!r} lies no farther"
            self._journal.error(lifted.at(), "bad-value", message, "name an end beyond that")
        return end

    def _aim(self, written: WrittenRegion) -> Region:
        """A target of reach rules. A region that is empty in every boot is refused: every rule would hold for it."""
        before = self._journal.errors
        region = self._region(written)
        if region.nonempty == FALSE and self._journal.errors == before:
            message = f"region {written.name!r} is empty: it ends where it begins, at {region.first.value:#x}"
            hint = "where there is none, say so: image: {value: none, source: ...}, or leave the target out"
            self._journal.error(written.where, "profile", message, hint)
        return region

    def _unknown(self, name: str, written: WrittenUnknown) -> Unknown:
        before = self._journal.errors
        step = self._term(written.step)
        if not (is_constant(step) and step.value):
            message = f"{name}: the step must be a number above zero, not {step}"
            if self._journal.errors == before:
                self._journal.error(written.step.at(), "bad-value", message)
            return Unknown(name, 1, written.low, written.high, "", written.source)
        low, high = self._of_page_size(name, written, step.value)
        k = domain(
            name,
            replace(written, low=low, high=high),
            step.value,
            self._profile.bits,
            self._beyond,
            self._term,
            self._journal,
        )
        text = f"{written.step.text.strip()} * k, {k.low} <= k <= {k.high}"
        return Unknown(name, step.value, k.low, k.high, text, written.source)

    def _of_page_size(self, name: str, written: WrittenUnknown, step: int) -> tuple[int, int]:
        """The bounds of k. A profile gives them for its own page size: with another, the bounds in bytes stay."""
        own = self._own_step(name, written)
        if own in (0, step) or not step:
            return written.low, written.high
        low = -(-written.low * own // step)
        return low, max(low, written.high * own // step)

    def _own_step(self, name: str, written: WrittenUnknown) -> int:
        """The step on the machine that the profile describes; 0 for an unknown that the table adds."""
        if self._profile.built is None or self._profile.unknowns.get(name) is not written:
            return 0
        return next((unknown.step for unknown in self._profile.built.unknowns if unknown.name == name), 0)
