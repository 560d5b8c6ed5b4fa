"""Regions of the address space, and the reach of instructions between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from modalloc_model.params.alloc_type import Location
from modalloc_model.words import (
    TRUE,
    Term,
    Truth,
    Word,
    all_of,
    any_of,
    disjoint,
    eq,
    implies,
    lift,
    ne,
    negate,
    truth,
    ule,
    within,
    wrap,
)

EVERYTHING = "rwx"


@dataclass(frozen=True, slots=True)
class Region:
    """A named part [first, last] of the address space if `nonempty`, otherwise empty.

    `allows` bounds the accesses of its pages, whatever a mapping requests.
    """

    name: str
    first: Term
    last: Term
    source: str = ""
    nonempty: Term = TRUE
    allows: str = EVERYTHING
    where: Location = field(default_factory=Location)

    @classmethod
    def before(cls, name: str, first: Term, end: Term, source: str = "") -> Region:
        """[first, end): empty if both are equal. An end of 0 is the top of the address space."""
        return cls(name, first, end - 1, source, truth(ne(first, end)))

    @property
    def ordered(self) -> Term:
        """It does not wrap: it is empty, or its last byte is not below its first."""
        return truth(implies(self.nonempty, ule(self.first, self.last)))

    def holds(self, address: Word) -> Truth:
        """The address lies in the region."""
        return all_of(self.nonempty, within(address, self.first, self.last))

    def apart(self, lo: Word, last: Word) -> Truth:
        """[lo, last], which is not empty, does not intersect the region."""
        return any_of(negate(self.nonempty), disjoint(lo, last, self.first, self.last))


KERNEL, TEXT, DATA, INIT_TEXT = "kernel", "text", "data", "init-text"
PLACES = (TEXT, DATA, INIT_TEXT)
"""Possible places of an instruction, beside the types with users other than the loader."""
TARGETS = (KERNEL, TEXT, DATA, INIT_TEXT)
"""Possible targets, beside these types and the regions that a machine names."""
TARGETS_OF_TEXT = (KERNEL, TEXT, DATA)
"""The targets that a profile must rule on for module text. Only data names init text."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The reach of an instruction, or of a word of a table.

    `kind` is "relative" (lowest <= target - place <= highest, two's complement), "page" (the same for the target's page
    minus the place's, pages of 2**page_bits bytes: ADRP), "absolute" (lowest <= target <= highest: a word extended by
    sign or by zeros), "segment" (place and target agree above `segment_bits`) or "anywhere".

    `places` are its locations: "text", "data", "init-text" (init text only), or a type with users other than the
    loader. `targets` are "kernel" (the image), "text" (of any module), "data" and "init-text" (of its own module), such
    a type, or a named target of the machine. `within_module`: it names only bytes of its own section, so the size of
    one module bounds it, not the location of modules.

    `veneer` names the stub that the loader inserts for a target out of reach, or is empty; it lies in the same section
    and reaches from `veneer_lowest` to `veneer_highest` bytes (both 0: unknown). `checked`: the loader refuses a module
    that does not reach; otherwise it writes a wrong branch.
    """

    name: str
    kind: str
    targets: tuple[str, ...]
    lowest: int = 0
    highest: int = 0
    segment_bits: int = 0
    instruction: int = 4
    veneer: str = ""
    checked: bool = True
    source: str = ""
    page_bits: int = 12
    places: tuple[str, ...] = (TEXT,)
    within_module: bool = False
    veneer_lowest: int = 0
    veneer_highest: int = 0

    def names(self, place: Word, target: Word, bits: int) -> Truth:
        """The instruction at `place` can name `target`, directly or through the veneer."""
        if self.veneer or self.kind == "anywhere":
            return True
        if self.kind == "segment":
            return eq(place >> self.segment_bits, target >> self.segment_bits)
        origin = {"absolute": 0, "page": paged(place, self.page_bits)}.get(self.kind, place)
        named = paged(target, self.page_bits) if self.kind == "page" else target
        lowest, width = self._displacements(bits)
        shifted = wrap(named - origin - lowest, bits)  # two's complement, shifted so that the comparison is unsigned
        return ule(shifted, width) if width >= 0 else False

    def covers(self, places: Region, targets: Region) -> Truth:
        """Every place names every target. The displacements of two intervals form an interval: its two ends decide."""
        if self.veneer or self.kind == "anywhere":
            return True
        if self.kind == "segment":
            return same_segment(places, targets, self.segment_bits)
        lowest, width = self._displacements(targets.first.bits)
        if width < 0:
            return False
        if self.kind == "absolute":
            return values_fit(targets, lowest, width)
        if self.kind == "page":
            places, targets = (paged_region(region, self.page_bits) for region in (places, targets))
        return interval_fits(places, targets, lowest, width)

    def _displacements(self, bits: int) -> tuple[int, int]:
        """The lowest displacement, and the distance to the highest. For pages, both are rounded to whole pages."""
        last = (1 << min(self.page_bits, bits)) - 1 if self.kind == "page" else 0
        lowest = (self.lowest + last) & ~last
        return lowest, (self.highest | last) - lowest


def paged(address: Word, page_bits: int) -> Word:
    """The address rounded down to its page."""
    return (address >> page_bits) << page_bits


def paged_region(region: Region, page_bits: Word) -> Region:
    """From the first page of the region to its last, by their addresses."""
    return Region(region.name, (region.first >> page_bits) << page_bits, (region.last >> page_bits) << page_bits)


def values_fit(targets: Region, lowest: Word, width: Word) -> Truth:
    """Every target minus `lowest` is at most `width`; a wrap of a sum is detected."""
    length = targets.last - targets.first
    fits = all_of(ule(length, width), ule(targets.first - lowest, width - length))
    return any_of(goes_round(width, length.bits), fits)


def goes_round(width: Word, bits: int) -> Truth:
    """The interval covers all words."""
    return eq(lift(width, bits) + 1, 0)


def same_segment(places: Region, targets: Region, segment_bits: Word) -> Truth:
    """All ends of both regions agree above the segment's bits, and so do all bytes between."""
    first, *others = (x >> segment_bits for x in (places.first, places.last, targets.first, targets.last))
    return all_of(*(eq(first, other) for other in others))


def interval_fits(places: Region, targets: Region, lowest: Word, width: Word) -> Truth:
    """Every displacement from a place to a target, minus `lowest`, is at most `width`; a wrap of a sum is detected."""
    from_places, from_targets = places.last - places.first, targets.last - targets.first
    least = targets.first - places.last - lowest
    fits = all_of(
        ule(from_places, width),
        ule(from_targets, width - from_places),
        ule(least, width - from_places - from_targets),
    )
    return any_of(goes_round(width, least.bits), fits)
