"""Tokens of C, each with its offset in the text and the place in the source at which it was written.

Comments and line continuations vanish. Reads preprocessed text too: a line marker (`# 12 "mm/init.c"`) says where what
follows it comes from. A character that begins no token of C is one of kind "junk", so that a parser can say where it
stands. Leaves out: wide strings, trigraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_NUMBER = r"\.?\d(?:[eEpP][+-]|[\w.])*"
_NUMBER_IN_MAIL = r"\d\w*"  # a dot after it begins the next field, whose comma is missing, or stands in `0...3`
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
class Place:
    """A line of a file, as the kernel's own paths have it."""

    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}

NOWHERE = Place()
"""The place of what stands in no file."""


class CError(Exception):
    """A text that cannot be read: what is wrong, what to do, and where, as a place and as an offset."""

    def __init__(self, code: str, message: str, hint: str = "", place: Place = NOWHERE, start: int = 0) -> None:
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
    """A token: its kind (a group of the grammar above, or "end"), its text, and the offset at which it begins.

    `spaced`: white space stands before it; `hidden`: macros that do not apply to it any more.
    """

    kind: str
    text: str
    place: Place = NOWHERE
    spaced: bool = False
    hidden: frozenset[str] = frozenset()
    start: int = 0

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.start + len(self.text)


def tokens(
    text: str, place: Place = NOWHERE, start: int = 0, end: int | None = None, *, mail: bool = False
) -> Iterator[Token]:
    """The tokens of text[start:end], whose first line is at `place`. Offsets count from the text's beginning.

    `mail`: a preprocessor line is a token, and so is an entity of HTML. An unclosed comment is the last token.
    """
    here, spaced = place, False
    for match in (_IN_MAIL if mail else _IN_SOURCES).finditer(text, start, len(text) if end is None else end):
        kind = match.lastgroup or "junk"
        if mail and kind in ("marker", "directive"):
            yield _directive(match)
        if kind == "marker":
            here = Place(match["file"], int(match["number_of"]) - 1)
        elif kind in ("space", "newline", "directive"):
            here = Place(here.path, here.line + match.group().count("\n"))
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
    """The tokens from an opening parenthesis or brace, the first, to the one that closes it; all where none does."""
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
    """The parts between commas that stand in no parentheses, brackets or braces."""
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
    """Tokens as text on one line, cut short, for a message."""
    text = ""
    for token in items:
        text += (" " if token.spaced and text else "") + token.text
        if len(text) > limit:
            return text[: limit - 3] + "..."
    return text


def excerpt(text: str, limit: int = 60) -> str:
    """The text on one line, cut short, printable: what a message shows of the input."""
    flat = " ".join(text[: limit * 4].split())
    shown = flat if len(flat) <= limit else flat[: limit - 3] + "..."
    return "".join(c if c.isprintable() else "?" for c in shown)
