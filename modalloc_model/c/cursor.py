"""A position among tokens, with lookahead and the depth of nesting. It knows nothing of the grammar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from modalloc_model.c.syntax import ExpressionNode, Opaque, Span
from modalloc_model.c.tokens import NOWHERE, CError, Token, as_text, excerpt

SYNTAX = "unexpected"
"""The code of an error after which a reader may skip the statement; other errors end the reading."""

_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")


class Cursor:
    """Reads a list of tokens.

    `levels` bounds the depth of nesting, `height` the height of a tree: both keep recursion within Python's stack.
    """

    def __init__(self, given: Sequence[Token], levels: int, height: int, end: Token | None = None) -> None:
        self._tokens = given
        self._levels = levels
        self._height = height
        last = given[-1] if given else Token("end", "", NOWHERE)
        self._end = end or Token("end", "", last.place, start=last.end)
        self.at = 0
        self.level = 0

    @property
    def token(self) -> Token:
        """The next token; of kind "end" after the last."""
        return self._tokens[self.at] if self.at < len(self._tokens) else self._end

    @property
    def previous(self) -> Token:
        """The previous token."""
        return self._tokens[self.at - 1]

    @property
    def text(self) -> str:
        """The text of the next token; "" at the end."""
        return self.token.text

    def ahead(self, by: int = 1) -> Token:
        """The token `count` after the next."""
        return self._tokens[self.at + by] if self.at + by < len(self._tokens) else self._end

    def following(self, count: int) -> Sequence[Token]:
        """The next `count` tokens."""
        return self._tokens[self.at : self.at + count]

    def since(self, start: int) -> Sequence[Token]:
        """The tokens from `start` up to the next."""
        return self._tokens[start : self.at]

    def take(self) -> Token:
        """Consumes and returns the next token."""
        if self.at >= len(self._tokens):
            raise self.unexpected("where more should follow")
        self.at += 1
        return self._tokens[self.at - 1]

    def accept(self, text: str) -> bool:
        """Whether the next token has this text; consumes it if so."""
        matches = self.text == text
        self.at += matches
        return matches

    def expect(self, text: str, opened: Token | None = None) -> Token:
        """Consumes the token. CError if another one is next; `opened` is the token that it closes."""
        if self.text != text:
            raise self.unexpected(f"where {text!r} should {f'close {opened.text!r}' if opened else 'stand'}")
        return self.take()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """A context one level of nesting deeper. CError beyond the last level."""
        self.level += 1
        if self.level > self._levels:
            raise self._too_deep(self.token, self._levels)
        yield
        self.level -= 1

    def span(self, start: int, *parts: ExpressionNode) -> Span:
        """The span from an offset to the end of the previous token; `parts` are the child nodes.

        CError for a tree that is too high.
        """
        depth = 1 + max((part.span.depth for part in parts), default=0)
        if depth > self._height:
            raise self._too_deep(self._tokens[0], self._height)
        return Span(start, self.previous.end, depth)

    def skip_group(self) -> None:
        """Skips a group in parentheses, brackets or braces."""
        stack = 0
        while self.at < len(self._tokens):
            text = self.take().text
            stack += (text in _OPENING) - (text in _CLOSING)
            if stack == 0:
                return

    def skip_statement(self) -> None:
        """Skips to the statement's semicolon or the end of its block; at least one token."""
        start = self.at
        while self.text not in (";", "}", ""):
            block = self.text == "{"
            if self.text in _OPENING:
                self.skip_group()
            else:
                self.take()
            if block and self.text not in (";", ",", ")", "else", "while"):
                break
        self.accept(";")
        if self.at == start:
            self.take()

    def opaque(self, construct: str) -> Opaque:
        """Skips the statement and returns it as an Opaque node."""
        start, first = self.at, self.token
        self.skip_statement()
        return self.not_understood(construct, start, first)

    def not_understood(self, construct: str, start: int, first: Token) -> Opaque:
        """The tokens since `start` as an Opaque node, with their names."""
        given = self.since(start)
        names = tuple(dict.fromkeys(token.text for token in given if token.kind == "name"))
        return Opaque(first.place, self.span(first.start), construct, as_text(given), names)

    def unexpected(self, where: str) -> CError:
        """An error for the next token, which may not stand there."""
        token = self.token
        if token.kind == "end":
            return self.error(token, SYNTAX, f"the expression ends {where}")
        if token.kind == "entity":
            hint = "the text was saved as HTML: save the mail as plain text"
            return self.error(token, "html-entity", f"{token.text!r} {where}", hint)
        return self.error(token, SYNTAX, f"unexpected {excerpt(token.text)!r} {where}")

    def _too_deep(self, token: Token, levels: int) -> CError:
        return self.error(token, "too-deep", f"an expression nested deeper than {levels} levels")

    @staticmethod
    def error(token: Token, code: str, message: str, hint: str = "") -> CError:
        """An error at a token."""
        return CError(code, message, hint, token.place, token.start)
