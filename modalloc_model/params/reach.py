"""Parts of the address space, and what an instruction in one can name in another."""

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
    """A named part [first, last] of the address space, where `nonempty` holds; no byte of it where it does not.

    `allows` is the most that pages in it may allow, whatever a mapping asks for.
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
        """[first, end): empty where the two are the same. An end of 0 is that of the address space."""
        return cls(name, first, end - 1, source, truth(ne(first, end)))

    @property
    def ordered(self) -> Term:
        """It does not wrap: it is empty, or ends no lower than it begins."""
        return truth(implies(self.nonempty, ule(self.first, self.last)))

    def holds(self, address: Word) -> Truth:
        """The address is one of its bytes."""
        return all_of(self.nonempty, within(address, self.first, self.last))

    def apart(self, lo: Word, last: Word) -> Truth:
        """[lo, last], which is not empty, has none of its bytes."""
        return any_of(negate(self.nonempty), disjoint(lo, last, self.first, self.last))


KERNEL, TEXT, DATA, INIT_TEXT = "kernel", "text", "data", "init-text"
PLACES = (TEXT, DATA, INIT_TEXT)
"""Where what names something can stand, but for the types that others than the loader allocate from."""
TARGETS = (KERNEL, TEXT, DATA, INIT_TEXT)
"""What can be named, but for these types and the regions that a machine names."""
TARGETS_OF_TEXT = (KERNEL, TEXT, DATA)
"""Of these, what a profile must say of module text whether it reaches it. Init text is named by data alone."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an instruction, or a word of a table, can name.

    `kind` is "relative" (lowest <= target - place <= highest, two's complement), "page" (the same of the target's page
    less the place's, pages of 2**page_bits bytes: ADRP), "absolute" (lowest <= target <= highest: a word that is
    extended by its sign, or by zeros), "segment" (place and target alike above `segment_bits`) or "anywhere".

    `places` are where it stands: "text", "data", "init-text" (init text alone), or a type that others than the loader
    allocate from. `targets` are what it names: "kernel" (the image), "text" (of any module), "data" and "init-text" (of
    the module it stands in), such a type, or one of the machine's named targets. `within_module`: it names bytes of the
    same section alone, so that the size of one module bounds it, not where modules lie.

    `veneer` names what the loader puts between when the target is out of reach, or is empty; it stands in the same
    section, and from `veneer_lowest` to `veneer_highest` bytes away can be reached (both 0: nobody says how far).
    `checked`: the loader refuses a module that does not reach; otherwise it writes a wrong branch.
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
        """The instruction at `place` can name `target`, by itself or through the veneer."""
        if self.veneer or self.kind == "anywhere":
            return True
        if self.kind == "segment":
            return eq(place >> self.segment_bits, target >> self.segment_bits)
        origin = {"absolute": 0, "page": paged(place, self.page_bits)}.get(self.kind, place)
        named = paged(target, self.page_bits) if self.kind == "page" else target
        lowest, width = self._displacements(bits)
        shifted = wrap(named - origin - lowest, bits)  # two's complement, moved so that the comparison is unsigned
        return ule(shifted, width) if width >= 0 else False

    def covers(self, places: Region, targets: Region) -> Truth:
        """Every place names every target. Displacements of two intervals are one interval: its two ends decide."""
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
        """The lowest, and how far above it the highest is. Those of pages are whole pages: the bounds are too."""
        last = (1 << min(self.page_bits, bits)) - 1 if self.kind == "page" else 0
        lowest = (self.lowest + last) & ~last
        return lowest, (self.highest | last) - lowest


def paged(address: Word, page_bits: int) -> Word:
    """The address without the bits below its page."""
    return (address >> page_bits) << page_bits


def paged_region(region: Region, page_bits: Word) -> Region:
    """From the first page of the region to its last, by their addresses."""
    return Region(region.name, (region.first >> page_bits) << page_bits, (region.last >> page_bits) << page_bits)


def values_fit(targets: Region, lowest: Word, width: Word) -> Truth:
    """Every target, less `lowest`, is `width` or less; no sum wraps unnoticed."""
    length = targets.last - targets.first
    fits = all_of(ule(length, width), ule(targets.first - lowest, width - length))
    return any_of(goes_round(width, length.bits), fits)


def goes_round(width: Word, bits: int) -> Truth:
    """Of so wide an interval of words there is none outside."""
    return eq(lift(width, bits) + 1, 0)


def same_segment(places: Region, targets: Region, segment_bits: Word) -> Truth:
    """All ends of both regions are alike above the segment's bits, and so is what lies between."""
    first, *others = (x >> segment_bits for x in (places.first, places.last, targets.first, targets.last))
    return all_of(*(eq(first, other) for other in others))


def interval_fits(places: Region, targets: Region, lowest: Word, width: Word) -> Truth:
    """Every displacement from a place to a target, less `lowest`, is `width` or less; no sum wraps unnoticed."""
    from_places, from_targets = places.last - places.first, targets.last - targets.first
    least = targets.first - places.last - lowest
    fits = all_of(
        ule(from_places, width),
        ule(from_targets, width - from_places),
        ule(least, width - from_places - from_targets),
    )
    return any_of(goes_round(width, least.bits), fits)
