"""Tokens of C, each with its offset in the text and its place in the source.

Comments and line continuations vanish. Line markers of preprocessed text (`# 12 "mm/init.c"`) set the place of the
following lines. A character that begins no token of C has the kind "junk", so that a parser can report it. Wide strings
and trigraphs are not supported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_NUMBER = r"\.?\d(?:[eEpP][+-]|[\w.])*"
_NUMBER_IN_MAIL = r"\d\w*"  # a following dot begins the next field, whose comma is missing, or stands in `0...3`
_ENTITY = "(?P<entity>&(?:amp|lt|gt|quot);) |"
_C = r"""
    (?P<marker>^[ \t]*\#[ \t]*(?:line[ \t]+)?(?P<number_of>\d+)[ \t]+"(?P<file>[^"\n]*)"[^\n]*)
  | (?P<directive>^[ \t]*\#(?:[^\n\\]|\\\r?\n|\\)*)
  | (?P<newline>\n)
  | (?P<space>[ \t\r\f\v]+|\\\r?\n|//[^\n]*|/\*.*?\*/)
  | (?P<unclosed>/\*)
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<number>NUMBER)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<char>'(?:[^'\\\n]|\\.)*')
  | (?P<op>\.\.\.|<<=|>>=|\#\#|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!?:<>=(){}\[\],;.\#@`\\])
  | (?P<junk>.)
"""
_FLAGS = re.VERBOSE | re.ASCII | re.DOTALL | re.MULTILINE
_IN_SOURCES = re.compile(_C.replace("NUMBER", _NUMBER), _FLAGS)
_IN_MAIL = re.compile(_ENTITY + _C.replace("NUMBER", _NUMBER_IN_MAIL), _FLAGS)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a file, with the path relative to the kernel's root."""

    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}

NOWHERE = SourceLine()
"""The place of text outside any file."""


class CError(Exception):
    """A text that cannot be read: the problem, the remedy, and the position as a place and an offset."""

    def __init__(self, code: str, message: str, hint: str = "", place: SourceLine = NOWHERE, start: int = 0) -> None:
        super().__init__(code, message, hint, place, start)
        self.code = code
        self.message = message
        self.hint = hint
        self.place = place
        self.start = start

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (a group of the grammar above, or "end"), its text, and its offset.

    `spaced`: white space precedes it; `hidden`: macros that may no longer expand in it.
    """

    kind: str
    text: str
    place: SourceLine = NOWHERE
    spaced: bool = False
    hidden: frozenset[str] = frozenset()
    start: int = 0

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.start + len(self.text)


def tokens(
    text: str, place: SourceLine = NOWHERE, start: int = 0, end: int | None = None, *, mail: bool = False
) -> Iterator[Token]:
    """The tokens of text[start:end], whose first line is at `place`. Offsets count from the start of the text.

    `mail`: a preprocessor line is a token, and so is an HTML entity. An unclosed comment is the last token.
    """
    here, spaced = place, False
    for match in (_IN_MAIL if mail else _IN_SOURCES).finditer(text, start, len(text) if end is None else end):
        kind = match.lastgroup or "junk"
        if mail and kind in ("marker", "directive"):
            yield _directive(match)
        if kind == "marker":
            here = SourceLine(match["file"], int(match["number_of"]) - 1)
        elif kind in ("space", "newline", "directive"):
            here = SourceLine(here.path, here.line + match.group().count("\n"))
            spaced = True
        elif kind == "unclosed":
            yield Token("junk", "/*", here, spaced, start=match.start())
            return
        else:
            yield Token(kind, match.group(), here, spaced, start=match.start())
            spaced = False


def _directive(match: re.Match[str]) -> Token:
    text = match.group()
    return Token("directive", text.strip(), start=match.start() + len(text) - len(text.lstrip()))


def group(given: Iterable[Token]) -> list[Token]:
    """The tokens from the first, an opening parenthesis or brace, to the one that closes it; all if none does."""
    found: list[Token] = []
    depth = 0
    for token in given:
        found.append(token)
        opening = found[0].text
        depth += (token.text == opening) - (token.text == _CLOSED_BY.get(opening))
        if depth == 0:
            break
    return found


def parts(given: Iterable[Token]) -> Iterator[list[Token]]:
    """The parts between commas outside parentheses, brackets and braces."""
    depth, part = 0, list[Token]()
    for token in given:
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if token.text == "," and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def as_text(items: Iterable[Token], limit: int = 70) -> str:
    """Tokens as text on one line, truncated, for a message."""
    text = ""
    for token in items:
        text += (" " if token.spaced and text else "") + token.text
        if len(text) > limit:
            return text[: limit - 3] + "..."
    return text


def excerpt(text: str, limit: int = 60) -> str:
    """The text on one line, truncated and printable, for messages."""
    flat = " ".join(text[: limit * 4].split())
    shown = flat if len(flat) <= limit else flat[: limit - 3] + "..."
    return "".join(c if c.isprintable() else "?" for c in shown)
