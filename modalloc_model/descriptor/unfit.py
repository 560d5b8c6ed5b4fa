"""What reach rules say that does not fit: numbers of another kind, bounds no word has, two of one name.

A run names its rule, and a rule its target, by name; what a kind does not look at would be taken for looked at. Leaves
out: whether what they say is so of the machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from modalloc_model.descriptor.profile import Profile
from modalloc_model.descriptor.source import excerpt
from modalloc_model.params import TEXT, Reach

WIDEST = 64  # bits of a word
_BOUNDED = ("relative", "page", "absolute")
_KINDS_WITH = {"lowest": _BOUNDED, "highest": _BOUNDED, "segment_bits": ("segment",), "page_bits": ("page",)}
"""The numbers that say something of some kinds alone."""


def complaints(reach: Reach, bits: int, given: Iterable[str]) -> Iterator[str]:
    """What one rule says that does not fit together, whatever the machine; `given` are the numbers that it gives."""
    for key in given:
        if reach.kind not in _KINDS_WITH.get(key, (reach.kind,)):
            yield f"{key} is of kind {' or '.join(_KINDS_WITH[key])}, not {reach.kind}; leave it out, or mend the kind"
    if not reach.targets:
        yield "it names nothing; list under targets what it names"
    yield from _complaints(reach, bits)


def _complaints(reach: Reach, bits: int) -> Iterator[str]:
    if not 0 <= bits <= WIDEST:
        yield f"bits is {bits}, not a number of bits"
    if bits and reach.kind != "absolute":
        yield f"bits is of kind absolute, not {reach.kind}; give lowest and highest"
    if reach.kind == "absolute" and not bits and reach.lowest == reach.highest == 0:
        yield "give bits, of a word that is extended by its sign, or lowest and highest"
    if reach.within_module and reach.targets != (TEXT,):
        yield f"within_module is of targets: [text], not {', '.join(reach.targets) or 'none'}"
    if reach.within_module and reach.kind not in ("relative", "anywhere"):
        yield f"within_module is of kind relative, not {reach.kind}"
    if reach.within_module and not reach.lowest <= 0 <= reach.highest:
        yield "within_module goes from lowest, 0 or below, to highest, 0 or above"
    if (reach.veneer_lowest or reach.veneer_highest) and not reach.veneer:
        yield "veneer_lowest and veneer_highest say how far a veneer may be, and there is no veneer"
    if reach.veneer_lowest > 0 or reach.veneer_highest < 0:
        yield "a veneer lies from veneer_lowest, 0 or below, to veneer_highest, 0 or above, bytes away"
    if reach.instruction < 1:
        yield f"instruction is {reach.instruction}, not a number of bytes"


def misfits(profile: Profile) -> Iterator[str]:
    """What the profile's rules say that does not fit its words, or each other."""
    for group in ("reach", "targets"):
        counted = Counter(one.name for one in getattr(profile, group))
        for name in (name for name, count in counted.items() if count > 1):
            yield f"{group}: {excerpt(name)} stands there twice; give each a name of its own"
    for reach in profile.reach:
        for complaint in _misfits(reach, profile.bits):
            yield f"{excerpt(reach.name)}: {complaint}"
        for target in (target for target in reach.targets if f"reach.{target}" in profile.none):
            yield f"{reach.name} reaches {target}, and another reach says none does"


def _misfits(reach: Reach, bits: int) -> Iterator[str]:
    yield from _beyond_words(reach, bits)
    if reach.kind in _BOUNDED and reach.lowest > reach.highest:
        yield "lowest is above highest"
    every = (1 << bits) - (reach.kind == "absolute")
    if reach.kind in _BOUNDED and reach.highest - reach.lowest >= every:
        yield f"every address of {bits} bits is in reach; write kind: anywhere"
    if reach.kind == "page" and not 0 < reach.page_bits < bits:
        yield f"page_bits is {reach.page_bits}"
    if reach.kind == "segment" and not 0 < reach.segment_bits < bits:
        yield f"segment_bits is {reach.segment_bits}"


def _beyond_words(reach: Reach, bits: int) -> Iterator[str]:
    """What no displacement, address or length can be. As a word it would be another number."""
    half, whole = 1 << (bits - 1), 1 << bits
    for key in ("lowest", "highest", "veneer_lowest", "veneer_highest"):
        value = getattr(reach, key)
        least, most = (-whole, whole - 1) if reach.kind == "absolute" else (-half, half - 1)
        if not least <= value <= most:
            what = "an address" if reach.kind == "absolute" else "a displacement"
            yield f"{key} is {value:#x}, and {what} of {bits} bits lies in {least:#x} .. {most:#x}"
    if reach.instruction >= whole:
        yield f"instruction is {reach.instruction:#x} bytes, more than {bits} bits address"
