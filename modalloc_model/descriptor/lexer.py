"""C's tokens, as far as initialisers and constant expressions need them.

Comments and line continuations vanish. A preprocessor line is one token. What is no token of C is one of kind
"junk", so that a parser can say where it stands. Leaves out: floating point, trigraphs, wide strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<directive>(?:^|(?<=\n))[ \t]*\#(?:[^\n\\]|\\\r?\n|\\)*)
  | (?P<space>\s+|\\\r?\n|//[^\n]*)
  | (?P<comment>/\*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>\d\w*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<entity>&(?:amp|lt|gt|quot);)
  | (?P<op>\.\.\.|<<|>>|<=|>=|==|!=|&&|\|\||->|[-+*/%&|^~!?:<>=(){}\[\],;.])
  | (?P<junk>.)
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (a group of the grammar above, or "end"), its text, and the offset at which it begins."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset after its last character."""
        return self.start + len(self.text)


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """The tokens of text[start:end], then for ever one of kind "end". Offsets count from the text's beginning."""
    stop = len(text) if end is None else end
    position = start
    while position < stop and (match := _TOKEN.match(text, position, stop)):
        kind = match.lastgroup or "junk"
        if kind == "comment":
            position = _after_comment(text, position, stop)
            if position < 0:
                yield Token("junk", "/*", match.start())
                break
            continue
        position = match.end()
        if kind == "directive":
            yield _directive(match)
        elif kind != "space":
            yield Token(kind, match.group(), match.start())
    while True:
        yield Token("end", "", stop)


def _after_comment(text: str, position: int, stop: int) -> int:
    closing = text.find("*/", position + 2, stop)
    return closing + 2 if closing >= 0 else -1


def _directive(match: re.Match[str]) -> Token:
    written = match.group()
    indent = len(written) - len(written.lstrip())
    return Token("directive", written.strip(), match.start() + indent)
