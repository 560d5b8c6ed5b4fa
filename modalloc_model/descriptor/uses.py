"""The names used by the input, to find unused names of -D (symbols) and --beyond (bounds).

A name that no table and no profile of a table uses would have no effect, and is an error. Every branch of a conditional
counts, and every value, needed in a boot or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import reduce

from modalloc_model.descriptor.bounds import KASAN
from modalloc_model.descriptor.context import Context
from modalloc_model.descriptor.descriptor import Descriptor
from modalloc_model.descriptor.profile import Profile
from modalloc_model.descriptor.reading import Names, Settings
from modalloc_model.descriptor.source import excerpt
from modalloc_model.params import Location
from modalloc_model.verdict import Problem

_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PAGES = ("PAGE_SIZE", "PMD_SIZE")
_CLOSE = 0.75  # similarity of two names, from 0 to 1: one more letter, or two exchanged


def words(texts: Iterable[str]) -> frozenset[str]:
    """Every name in the texts."""
    return frozenset(word for text in texts for word in _WORD.findall(text))


def of_table(descriptor: Descriptor, profile: Profile | None) -> Names:
    """The names that the table and its machine use, and the bounds of the machine."""
    symbols = _defined_by(profile) if profile else frozenset[str]()
    own = descriptor.mentions | frozenset(descriptor.context.defines)
    texts = [*_of_context(descriptor.context), *(_of_profile(profile) if profile else ())]
    return Names(own | symbols | words(texts), symbols | own, _bounds(descriptor.context, profile))


def _defined_by(profile: Profile) -> frozenset[str]:
    return frozenset({*profile.symbols, *profile.sizes, *profile.unknowns, *profile.protections, *_PAGES})


def _of_context(context: Context) -> Iterator[str]:
    yield from (text.text for text in (*context.defines.values(), *context.constraints))
    yield from (unknown.step.text for unknown in context.unknowns.values())
    yield from context.unknowns


def _of_profile(profile: Profile) -> Iterator[str]:
    yield from (value.text.text for value in (*profile.symbols.values(), *profile.sizes.values()))
    yield from (value.text.text for value in (profile.page, profile.pmd, profile.kasan_alignment) if value)
    yield from (constraint.text.text for constraint in profile.constraints)
    yield from (unknown.step.text for unknown in profile.unknowns.values())
    for region in profile.regions:
        yield from (region.first.text, region.last.text)


def _bounds(context: Context, profile: Profile | None) -> frozenset[str]:
    unknowns = {**(profile.unknowns if profile else {}), **context.unknowns}
    own = _own_bounds(profile) if profile else ()
    return frozenset({*(name for name, unknown in unknowns.items() if unknown.bound), *own})


def _own_bounds(profile: Profile) -> Iterator[str]:
    yield from (constraint.name for constraint in profile.constraints if constraint.name)
    yield from (region.name for region in profile.regions if region.bound)
    if profile.kasan_alignment and profile.kasan_alignment.bound:
        yield KASAN


def together(names: Iterable[Names]) -> Names:
    """The union of several."""
    return reduce(lambda x, y: Names(x.used | y.used, x.known | y.known, x.bounds | y.bounds), names, Names())


def unused(settings: Settings, names: Names) -> Iterator[Problem]:
    """The unused names, each an error with the closest known name."""
    defines = {given: given.partition("=") for given in settings.defines}
    referred = names.used | words(value for _, _, value in defines.values())
    for given, (name, _, _) in defines.items():
        if name.strip() not in referred:
            where = Location(f"-D {excerpt(given)}")
            message = f"unknown symbol {excerpt(name.strip())!r} given with -D: nothing uses it"
            yield Problem(where, "unused-define", message, likeliest(name.strip(), names.known))
    for given in settings.beyond:
        name = given.partition("=")[0].strip()
        if name not in names.bounds:
            where = Location(f"--beyond {excerpt(given)}")
            message = f"{excerpt(name)!r} is not a bound of any profile"
            known = ", ".join(sorted(names.bounds)) or "none"
            yield Problem(where, "unknown-bound", message, likeliest(name, names.bounds) or f"known: {known}")


def likeliest(name: str, known: Iterable[str]) -> str:
    """A hint with the known name of the same kind that is closest; "" if none is close."""
    by_lower = {other.lower(): other for other in sorted(known) if _kind(other) == _kind(name)}
    by_lower |= {other.lower(): other for other in sorted(known) if other.lower() == name.lower()}
    found = get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=_CLOSE)
    return f"did you mean {by_lower[found[0]]}?" if found else ""


def _kind(name: str) -> str:
    """Options, macros, constants and variables of C, told by their spelling."""
    if name.startswith("CONFIG_"):
        return "option"
    return "macro" if name.isupper() else "variable"


def of_texts(texts: Mapping[str, str], settings: Settings) -> Names:
    """The names in whole sources; options of the configuration belong to the tree."""
    options = {name for given in settings.defines if (name := given.partition("=")[0].strip()).startswith("CONFIG_")}
    return Names(words(texts.values()) | options, frozenset(), frozenset())
