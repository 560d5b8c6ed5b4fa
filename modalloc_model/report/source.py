"""The line of the input that a result speaks of, with a caret beneath the column.

Models nothing. Leaves out: reading files; whoever read the table kept its text.
"""

from __future__ import annotations

from modalloc_model.params import Location
from modalloc_model.report.style import Style


def excerpt(text: str, where: Location, style: Style) -> list[str]:
    """Two lines, or none where the place is not in the text. What the line is indented by is left out of both."""
    lines = text.split("\n")
    if not 1 <= where.line <= len(lines):
        return []
    line = lines[where.line - 1].rstrip()
    margin = len(line.expandtabs()) - len(line.expandtabs().lstrip())
    indent = max(len(line[: max(where.column - 1, 0)].expandtabs()) - margin, 0)
    number = str(where.line)
    bar = style.faint("|")
    return [f"{number} {bar} {line.expandtabs()[margin:]}", f"{' ' * len(number)} {bar} {' ' * indent}{style.bad('^')}"]
