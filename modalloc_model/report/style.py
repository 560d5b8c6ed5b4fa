"""How a report looks on what it is shown on: colours or none, the fine characters or those of ASCII.

Models nothing. Leaves out: deciding which, which is the command line's business.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """What the reader's terminal or file takes."""

    colour: bool = False
    unicode: bool = True

    def good(self, text: str) -> str:
        """Something that holds."""
        return self._paint(text, "32")

    def bad(self, text: str) -> str:
        """Something that fails."""
        return self._paint(text, "31;1")

    def doubtful(self, text: str) -> str:
        """A warning, or something that is not decided."""
        return self._paint(text, "33")

    def strong(self, text: str) -> str:
        """A heading."""
        return self._paint(text, "1")

    def faint(self, text: str) -> str:
        """What may be skipped in reading."""
        return self._paint(text, "2")

    @property
    def tick(self) -> str:
        """The mark of what holds."""
        return self.good("✓" if self.unicode else "ok")

    @property
    def cross(self) -> str:
        """The mark of what fails."""
        return self.bad("✗" if self.unicode else "!!")

    @property
    def question(self) -> str:
        """The mark of what is not decided."""
        return self.doubtful("?" if self.unicode else "??")

    @property
    def blank(self) -> str:
        """A mark's width of nothing, or of something that does not apply."""
        return self.faint("·" if self.unicode else "--")

    @property
    def block(self) -> str:
        """Memory that is there, in an address map."""
        return "█" if self.unicode else "#"

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text
