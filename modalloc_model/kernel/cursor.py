"""A place among tokens: what stands there, what comes next, and how deep the text is nested.

Leaves out: what the tokens mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from modalloc_model.kernel.limits import MAX_NESTING, KernelError
from modalloc_model.kernel.syntax import (
    Opaque,
    Type,
)
from modalloc_model.kernel.tokens import Place, Token, written

T = TypeVar("T")


class Cursor:
    """Reads a list of expanded tokens. `typedef` says what a name is as a type, or None; `variables` hide types."""

    def __init__(
        self, given: Sequence[Token], typedef: Callable[[str], Type | None], variables: Iterable[str] = ()
    ) -> None:
        self._tokens = given
        self._types = typedef
        self._variables = set(variables)
        self._at = 0
        self._depth = 0

    @property
    def text(self) -> str:
        """The next token's; "" at the end."""
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    @property
    def place(self) -> Place:
        """Where the next token stands."""
        if self._at < len(self._tokens):
            return self._tokens[self._at].place
        return self._tokens[-1].place if self._tokens else Place()

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _typedef(self, name: str) -> Type | None:
        return None if name in self._variables else self._types(name)

    def _ahead(self, by: int = 1) -> str:
        return self._tokens[self._at + by].text if self._at + by < len(self._tokens) else ""

    def _take(self) -> Token:
        if self._at >= len(self._tokens):
            raise self._error("the text ends")
        self._at += 1
        return self._tokens[self._at - 1]

    def _accept(self, text: str) -> bool:
        matches = self.text == text
        self._at += matches
        return matches

    def _expect(self, text: str) -> Token:
        if self.text != text:
            raise self._error(f"{self.text!r} where {text!r} should stand")
        return self._take()

    def _error(self, message: str) -> KernelError:
        return KernelError("syntax", message, place=self.place)

    def _deeper(self, parse: Callable[[], T]) -> T:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise KernelError("too-deep", f"nested deeper than {MAX_NESTING} levels", place=self.place)
        result = parse()
        self._depth -= 1
        return result

    def _skip_group(self) -> None:
        """Over a group in parentheses, brackets or braces."""
        pairs, stack = {"(": ")", "[": "]", "{": "}"}, 0
        while self._at < len(self._tokens):
            text = self._take().text
            stack += text in pairs
            stack -= text in pairs.values()
            if stack == 0:
                return

    def _opaque(self, construct: str) -> Opaque:
        """Over the statement, to its semicolon or the end of its block."""
        start, place = self._at, self.place
        while self.text not in (";", "}", ""):
            if self.text in ("(", "[", "{"):
                block = self.text == "{"
                self._skip_group()
                if block and self.text not in (";", ",", ")", "else", "while"):
                    break
            else:
                self._take()
        self._accept(";")
        if self._at == start:
            self._take()
        return opaque(place, construct, self._tokens[start : self._at])


def opaque(place: Place, construct: str, given: Sequence[Token]) -> Opaque:
    """What is not understood, with its names."""
    names = tuple(dict.fromkeys(token.text for token in given if token.kind == "name"))
    return Opaque(place, construct, written(list(given)), names)
