"""Finds C tables and directives in a text: a source file, a header, a mail, a patch.

A table begins at `struct TAG` of a known dialect before a brace: with a variable's name and `=`, as a compound literal,
or, as in the mail, without a name; the heading line before it then gives the name. A directive is a comment that begins
with `modalloc:` and holds YAML; it applies to the tables after it, up to the next directive.

Text around C in mails and patches is blanked out so that every character keeps its offset: quoting (`> `, `>> `) and a
patch's `+` and space column become spaces; `-` lines and hunk headers become blank. A hunk shows only a part of a file:
a gap is noted where lines may be missing. MIME encodings and combined diffs are not supported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from modalloc_model.c.tokens import Token, tokens
from modalloc_model.descriptor.dialects import WRITTEN_IN_C, Grammar
from modalloc_model.descriptor.source import Source
from modalloc_model.descriptor.yamltext import Lines

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
    following: int  # the number of the file's line after the hunk


def without_hunks(text: str) -> Plain:
    """The text with each hunk of a patch replaced by the lines after the patch."""
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
    """Whether the line begins the changes of another file."""
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
    """The text with everything except line ends replaced by spaces."""
    return re.sub(r"[^\r\n]", " ", text)


def without_quotes(text: str, prefix: str) -> str:
    """The text without the quoting and patch column of its first line, which begins with `prefix`."""
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


_HEAD = re.compile(rf"\bstruct\s+(?P<tag>{'|'.join(map(re.escape, sorted(WRITTEN_IN_C)))})\b")
_DIRECTIVE = re.compile(r"/\*+[ \t]*modalloc:")
_COMMENT_PREFIX = re.compile(r"[>+ \t]*\*(?=\s|$)|(?:[ \t]*>)+ ?\+?|\+")
_MAX_HEAD = 60  # tokens between the struct's tag and the brace: attributes can be long
_MAX_PREFIX = 200  # characters of a line before the struct's tag that are considered
_MAX_SLUG = 80  # characters
_MAX_GAP = 200  # lines between a heading and its table
_QUALIFIERS = ("const", "volatile", "static")


@dataclass(frozen=True)
class TableSite:
    """A table's place. `text` is the whole source with everything but C blanked out from `head` to `limit`."""

    grammar: Grammar
    name: str
    head: int
    brace: int
    limit: int
    text: str  # of [head, limit), with comments
    gap: bool  # a patch shows only parts of the table
    equals: bool = True  # whether the `=` of a named table is present

    def tokens(self) -> Iterator[Token]:
        """The tokens from the opening brace on."""
        return tokens(self.text, start=self.brace - self.head, mail=True)


@dataclass(frozen=True)
class Directive:
    """A directive: the offset of its comment, and the YAML in it."""

    start: int
    lines: Lines


class CText:
    """A text, and the tables and directives in it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._plain = without_hunks(source.text)

    @cached_property
    def _comments(self) -> list[tuple[int, int]]:
        text, found, position = self._plain.text, [], 0
        while (start := text.find("/*", position)) >= 0 and (end := text.find("*/", start + 2)) >= 0:
            is_comment = not text[start - 1 : start].isalnum()  # a path such as arch/*/mm opens no comment
            position = end + 2 if is_comment else start + 2
            if is_comment:
                found.append((start, end + 2))
        return found

    @cached_property
    def directives(self) -> tuple[Directive, ...]:
        """The directives, in order."""
        text = self._plain.text
        return tuple(self._directive(start, end) for start, end in self._comments if _DIRECTIVE.match(text, start))

    def _directive(self, start: int, end: int) -> Directive:
        text = self._plain.text
        match = _DIRECTIVE.match(text, start)
        offset = match.end() if match else start
        lines: list[tuple[int, str]] = []
        for line in text[offset : end - 2].split("\n"):
            prefix = _COMMENT_PREFIX.match(line) if lines else None
            width = prefix.end() if prefix else 0
            lines.append((offset + width, line[width:].rstrip()))
            offset += len(line) + 1
        return Directive(start, Lines(self.source, tuple(lines)))

    @cached_property
    def tables(self) -> tuple[TableSite, ...]:
        """The tables, in order."""
        heads = [m for m in _HEAD.finditer(self._plain.text) if not self._in_comment(m.start())]
        limits = [*(m.start() for m in heads[1:]), len(self._plain.text)]
        found: list[TableSite] = []
        for match, limit in zip(heads, limits, strict=False):
            table = self._table(match, limit, found)
            if table:
                found.append(table)
        return tuple(found)

    def _in_comment(self, offset: int) -> bool:
        low, high = 0, len(self._comments)
        while low < high:
            middle = (low + high) // 2
            if self._comments[middle][1] <= offset:
                low = middle + 1
            else:
                high = middle
        return low < len(self._comments) and self._comments[low][0] <= offset

    def _table(self, match: re.Match[str], limit: int, earlier: list[TableSite]) -> TableSite | None:
        head = match.start()
        line = self.source.line_start(head)
        before = self._plain.text[max(line, head - _MAX_PREFIX) : head]
        prefix = self._plain.text[line : min(head, line + _MAX_PREFIX)]
        text = without_quotes(self._plain.text[head:limit], prefix)
        opening = _opening(list(islice(tokens(text, start=match.end() - head, mail=True), _MAX_HEAD)))
        if opening is None:
            return None
        brace, name, equals = opening
        name = name or _variable_before(before) or self._heading(head, earlier)
        end = head + _end(text, brace) if self._plain.gaps else head
        gap = any(head < offset < end for offset in self._plain.gaps)
        return TableSite(WRITTEN_IN_C[match["tag"]], name, head, head + brace, limit, text, gap, equals)

    def _heading(self, head: int, earlier: list[TableSite]) -> str:
        """The last nonempty line before the table, outside other tables, as a slug."""
        last = earlier[-1] if earlier else None
        floor = last.head + _end(last.text, last.brace - last.head) if last else 0
        for line in reversed(self._plain.text[floor : self.source.line_start(head)].split("\n")[-_MAX_GAP:]):
            name = slug("" if "modalloc:" in line else line)
            if name:
                return name
        return last.name if last else "table"


def _end(text: str, brace: int) -> int:
    """The offset after the brace that closes the one at `brace`, or the end of the text."""
    depth = 0
    for token in tokens(text, start=brace, mail=True):
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0 and token.text == "}":
            return token.end
    return len(text)


def _opening(head: list[Token]) -> tuple[int, str, bool] | None:
    """Parses after the tag: the table's brace, its variable's name ("" for none), whether `=` is present."""
    for number, token in enumerate(head):
        if token.text == "{" and token.kind == "op":
            before = head[:number]
            equals = any(t.text == "=" for t in before)
            is_table = equals or _begins_list(head[number + 1 :])
            return (token.start, _names(before), equals or not _names(before)) if is_table else None
        if token.kind not in ("name", "string", "char", "number") and token.text not in ("=", "(", ")", "[", "]", ","):
            return None
    return None


def _begins_list(following: list[Token]) -> bool:
    """Whether a brace without `=` opens a table rather than a struct's definition or a function."""
    return bool(following) and (following[0].kind == "directive" or following[0].text in ("[", ".", "{", "}"))


def _names(before: list[Token]) -> str:
    names = [t.text for t in before if t.kind == "name" and t.text not in _QUALIFIERS]
    return next((name for name in names if not name.startswith("__")), names[0] if names else "")


def _variable_before(prefix: str) -> str:
    """The variable of `name = (struct tag) {`, or ""."""
    match = re.search(r"(\w+)\s*=\s*\(\s*(?:const\s+)?$", prefix)
    return match[1] if match else ""


def slug(line: str) -> str:
    """The line in lower case, with hyphens for everything except letters and digits."""
    return re.sub(r"[^a-z0-9]+", "-", line.lower()).strip("-")[:_MAX_SLUG].strip("-")
