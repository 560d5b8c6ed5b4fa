"""What `#if` and its kin say, decided by the macros as they stand.

As the standard has it, a name that is no macro is 0. Leaves out: __has_include, which is 0 here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from modalloc_model.descriptor.expression import BINDING
from modalloc_model.kernel.limits import KernelError
from modalloc_model.kernel.macros import Expander, Macro
from modalloc_model.kernel.numbers import number, operate
from modalloc_model.kernel.tokens import Place, Token, tokens

_NAME = re.compile(r"\s*(\w+)\s*$")
_DEFINED = re.compile(r"\s*(!?)\s*defined\s*\(?\s*(\w+)\s*\)?\s*$")
_MAX_DEPTH = 120


class Conditions:
    """Decides conditions by a table of macros, which others go on changing."""

    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = macros

    def decide(self, name: str, rest: str, place: Place) -> bool:
        """Whether the branch is taken. KernelError for what is no expression."""
        if name != "if":
            match = _NAME.match(rest)
            return (bool(match) and match[1] in self._macros) is (name == "ifdef") if match else False
        if simple := _DEFINED.match(rest):
            return (simple[2] in self._macros) is not bool(simple[1])
        found = self._answered(list(tokens(rest.replace("\\\n", " \n"), place)))
        return bool(_Sum(Expander(self._macros).expand(found), place).value())

    def _answered(self, given: list[Token]) -> list[Token]:
        """`defined X` and `defined(X)` replaced by what they say, before macros are expanded."""
        result, at = [], 0
        while at < len(given):
            token = given[at]
            if token.text in ("defined", "__has_attribute", "__has_builtin", "__has_include", "__has_feature"):
                inner = given[at + 1 : at + 4]
                closed = bool(inner) and inner[0].text == "("
                name = inner[1].text if closed and len(inner) > 1 else inner[0].text if inner else ""
                held = token.text == "defined" and (name in self._macros or name.startswith("__has_"))
                result.append(Token("number", str(int(held)), token.place, True))
                at += _closing(given, at + 1) if closed else 2
            else:
                result.append(token)
                at += 1
        return result


def _closing(given: list[Token], at: int) -> int:
    """How many tokens there are from a word over the parentheses after it."""
    depth = 0
    for index in range(at, len(given)):
        depth += (given[index].text == "(") - (given[index].text == ")")
        if depth == 0:
            return index - at + 2
    return len(given)


class _Sum:
    """Precedence climbing over integers of 64 bits."""

    def __init__(self, given: list[Token], place: Place) -> None:
        self._tokens = given
        self._place = place
        self._next = 0
        self._depth = 0

    def value(self) -> int:
        return self._ternary() if self._tokens else 0

    def _text(self) -> str:
        return self._tokens[self._next].text if self._next < len(self._tokens) else ""

    def _ternary(self) -> int:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise KernelError("too-deep", "a condition nested too deeply", place=self._place)
        value = self._binary(0)
        if self._text() == "?":
            self._next += 1
            chosen = self._ternary()
            self._next += self._text() == ":"
            other = self._ternary()
            value = chosen if value else other
        self._depth -= 1
        return value

    def _binary(self, lowest: int) -> int:
        left = self._unary()
        while BINDING.get(self._text(), -1) >= lowest:
            operator = self._text()
            self._next += 1
            right = self._binary(BINDING[operator] + 1)
            left = operate(operator, left, right)
        return left

    def _unary(self) -> int:
        text = self._text()
        self._next += 1
        if text in ("!", "-", "~", "+"):
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise KernelError("too-deep", "a condition nested too deeply", place=self._place)
            value = self._unary()
            self._depth -= 1
            return {"!": int(not value), "-": -value, "~": ~value, "+": value}[text]
        if text == "(":
            value = self._ternary()
            self._next += self._text() == ")"
            return value
        return self._primary(text)

    def _primary(self, text: str) -> int:
        if self._text() == "(" and text.isidentifier():  # a macro with arguments that nobody defined
            self._next += _closing(self._tokens, self._next) - 1
            return 0
        read = number(text)
        return read[0] if read else 0
