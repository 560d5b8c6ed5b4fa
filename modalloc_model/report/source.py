"""The line of the input that a result speaks of, with a caret beneath the column.

Models nothing. Leaves out: reading files; whoever read the table kept its text.
"""

from __future__ import annotations

from modalloc_model.params import Location
from modalloc_model.report.style import Style
from modalloc_model.report.visible import visible

_WIDTH = 160  # characters of a line that are shown


def excerpt(text: str, where: Location, style: Style) -> list[str]:
    """Two lines, or none where the place is not in the text. Of a long line only what is around the place is shown."""
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
