"""The shape of the module that capacity is counted in: pages of each section. One page of each, where nobody says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.params import Section


@dataclass(frozen=True)
class Shape:
    """Pages by section's name; `rest` are those of a section that is not named."""

    pages: Mapping[str, int] = field(default_factory=dict)
    rest: int = 1

    def of(self, section: Section) -> int:
        """The section's pages; 0 for one that the module does not have."""
        return self.pages.get(section.name, self.rest)

    @property
    def text(self) -> str:
        """The shape, for people."""
        named = ", ".join(f"{name} {pages}" for name, pages in self.pages.items())
        rest = f"{'every other' if named else 'each'} section {self.rest} page{'' if self.rest == 1 else 's'}"
        return "; ".join(filter(None, (named, rest)))
