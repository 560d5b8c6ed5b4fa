"""The style of a report on a terminal or in a file: colours or none, Unicode or ASCII; and excerpts of the input.

The command line chooses the style.
"""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.params import Location
from modalloc_model.report.harmless import visible


@dataclass(frozen=True)
class Style:
    """The capabilities of the reader's terminal or file."""

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
        """Text that may be skipped."""
        return self._paint(text, "2")

    @property
    def tick(self) -> str:
        """The mark for pass."""
        return self.good("✓" if self.unicode else "ok")

    @property
    def cross(self) -> str:
        """The mark for failure."""
        return self.bad("✗" if self.unicode else "!!")

    @property
    def question(self) -> str:
        """The mark for undecided."""
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


# -- excerpts: a line of the input with a caret beneath the column ----------------------------------------------------


_WIDTH = 160  # characters of a line that are printed


def excerpt(text: str, where: Location, style: Style) -> list[str]:
    """Two lines; none if the place is not in the text. Of a long line, only the part around the place."""
    lines = text.split("\n")
    if not 1 <= where.line <= len(lines):
        return []
    line = lines[where.line - 1].rstrip()
    at = len(line[: max(where.column - 1, 0)].expandtabs())
    first = max(at - _WIDTH // 2, 0) if len(line) > _WIDTH else 0
    before, after = (visible(part) for part in (line.expandtabs()[first:at], line.expandtabs()[at : first + _WIDTH]))
    shown = before + after
    margin = min(len(shown) - len(shown.lstrip()), len(before))
    number, bar = str(where.line), style.faint("|")
    caret = " " * (len(before) - margin) + style.bad("^")
    return [f"{number} {bar} {shown[margin:]}", f"{' ' * len(number)} {bar} {caret}"]
