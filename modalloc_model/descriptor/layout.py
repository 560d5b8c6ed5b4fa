"""What surrounds C in mails and patches, blanked out so that every character keeps its offset.

Quoting (`> `, `>> `) and a patch's `+` and space column become spaces; `-` lines and hunk headers become blank. A hunk
shows only a part of a file: where lines may be missing, a gap is noted. Leaves out: MIME encodings, combined diffs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(
    r"(?P<quote>(?:[ \t]*>)*[ \t]?)"
    r"@@ -\d+(?:,(?P<old>\d{1,9}))? \+(?P<start>\d{1,9})(?:,(?P<new>\d{1,9}))? @@"
)
_QUOTE = re.compile(r"(?:[ \t]*>)+[ \t]?")
_COLUMN = re.compile(r"[>\s]*\+")


@dataclass(frozen=True)
class Plain:
    """A text without its patch columns. `gaps` are offsets of hunk headers before which lines are missing."""

    text: str
    gaps: tuple[int, ...]


@dataclass
class _Hunk:
    quoted: bool
    old: int
    new: int
    following: int  # the number of the file's line that would come after the hunk


def without_hunks(text: str) -> Plain:
    """The text with the hunks of a patch in it read as the file after the patch."""
    if "@@ -" not in text:
        return Plain(text, ())
    lines: list[str] = []
    gaps: list[int] = []
    hunk: _Hunk | None = None
    for offset, line in _lines(text):
        header = _HUNK.match(line)
        if header:
            started = _started(header)
            if hunk is None or hunk.following != int(header["start"]):
                gaps.append(offset)
            hunk = started
            lines.append(blank(line))
        else:
            hunk = None if hunk and _leaves(line) else hunk
            lines.append(_in_hunk(line, hunk) if hunk else line)
    return Plain("".join(lines), tuple(gaps))


def _started(header: re.Match[str]) -> _Hunk:
    new = int(header["new"] or 1)
    return _Hunk(">" in header["quote"], int(header["old"] or 1), new, int(header["start"]) + new)


def _leaves(line: str) -> bool:
    """Whether the line says that another file's changes follow."""
    return line.lstrip("> \t").startswith(("diff --git ", "--- ", "Index: "))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    offset = 0
    for line in text.split("\n"):
        kept = line + "\n" if offset + len(line) < len(text) else line
        yield offset, kept
        offset += len(kept)


def _in_hunk(line: str, hunk: _Hunk) -> str:
    """One line of a hunk as the patched file has it; a line beyond the hunk's end stays as it is."""
    if hunk.old <= 0 and hunk.new <= 0:
        return line
    quote = _QUOTE.match(line) if hunk.quoted else None
    width = quote.end() if quote else 0
    mark = line[width : width + 1]
    if mark in ("-", "\\"):
        hunk.old -= mark == "-"
        return blank(line)
    if mark not in ("+", " ", "\n", "\r", ""):
        return line
    hunk.new -= 1
    hunk.old -= mark != "+"
    cut = width + (mark in ("+", " "))
    return " " * cut + line[cut:]


def blank(text: str) -> str:
    """The text with everything but its line ends made a space."""
    return re.sub(r"[^\r\n]", " ", text)


def unquoted(text: str, prefix: str) -> str:
    """The text without the quoting and the patch column that its first line, which begins with `prefix`, shows."""
    quoted = prefix.lstrip().startswith(">")
    added = _COLUMN.match(prefix) is not None
    if not quoted and not added:
        return text
    return "".join(_bare(line, quoted, added) for _, line in _lines(text))


def _bare(line: str, quoted: bool, added: bool) -> str:
    quote = _QUOTE.match(line) if quoted else None
    width = quote.end() if quote else 0
    if added:
        mark = line[width:].lstrip(" \t")[:1]
        if mark == "-":
            return blank(line)
        width = line.index("+", width) + 1 if mark == "+" else width
    return " " * width + line[width:]
