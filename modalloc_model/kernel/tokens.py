"""Tokens of C with the place in the kernel's source at which each was written.

Reads preprocessed text too: a line marker (`# 12 "mm/init.c"`) says where what follows it comes from.
Leaves out: floating point, wide strings, trigraphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r"""
    (?P<marker>^[ \t]*\#[ \t]*(?:line[ \t]+)?(?P<number_of>\d+)[ \t]+"(?P<file>[^"\n]*)"[^\n]*)
  | (?P<directive>^[ \t]*\#[^\n]*)
  | (?P<newline>\n)
  | (?P<space>[ \t\r\f\v]+|\\\n|//[^\n]*|/\*.*?\*/)
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<char>'(?:[^'\\\n]|\\.)*')
  | (?P<op>\.\.\.|<<=|>>=|\#\#|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!?:<>=(){}\[\],;.\#@`\\])
  | (?P<junk>.)
    """,
    re.VERBOSE | re.ASCII | re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, as the kernel's own paths have it."""

    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


NOWHERE = Place()
"""The place of what stands in no file."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token. `spaced`: white space stands before it; `hidden`: macros that do not apply to it any more."""

    kind: str
    text: str
    place: Place
    spaced: bool = False
    hidden: frozenset[str] = frozenset()

    def moved(self, place: Place) -> Token:
        """The same token as if it stood there."""
        return replace(self, place=place)


def tokens(text: str, place: Place | None = None) -> Iterator[Token]:
    """The tokens of the text, whose first line is at `place`."""
    here, spaced = place or Place(), False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "junk"
        kind = "marker" if kind == "file" else kind
        if kind == "marker":
            here = Place(match["file"], int(match["number_of"]) - 1)
        elif kind in ("space", "newline", "directive"):
            here = Place(here.path, here.line + match.group().count("\n"))
            spaced = True
        else:
            yield Token(kind, match.group(), here, spaced)
            spaced = False


def written(items: Iterator[Token] | list[Token] | tuple[Token, ...], limit: int = 70) -> str:
    """Tokens as text on one line, cut short, for a message."""
    text = ""
    for token in items:
        text += (" " if token.spaced and text else "") + token.text
        if len(text) > limit:
            return text[: limit - 3] + "..."
    return text
