"""`#if` and related directives: the branches that are read, and the values of conditions.

Branches work alike for every reader of C; the reader supplies the meaning of names. Conditions are computed in 64 bits,
as C11 6.10.1 says. __has_include and similar operators are 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from modalloc_model.c.arithmetic import LONG_LONG, CInteger, binary, unary
from modalloc_model.c.expressions import of_tokens
from modalloc_model.c.macros import Expander, Macro
from modalloc_model.c.syntax import Binary, Call, Conditional, Expression, Name, Number, Unary
from modalloc_model.c.tokens import CError, SourceLine, Token, group, tokens

_NAME = re.compile(r"\s*(\w+)\s*$")
_DEFINED = re.compile(r"\s*(!?)\s*defined\s*\(?\s*(\w+)\s*\)?\s*$")
_QUESTIONS = ("defined", "__has_attribute", "__has_builtin", "__has_include", "__has_feature")


class Branches:
    """The conditionals that are open at a point of a text."""

    def __init__(self) -> None:
        self._taken: list[bool] = []  # for every open #if: whether the present branch is read
        self._done: list[bool] = []  # for every open #if: whether one of its branches was read

    @property
    def read(self) -> bool:
        """Whether the text at this point is read."""
        return all(self._taken)

    def follow(self, name: str, decide: Callable[[str], bool]) -> bool:
        """Applies a directive; False for one that belongs to no #if.

        `decide` answers `if`, `ifdef` or `ifndef`, and is called only if the answer matters.
        """
        if name in ("if", "ifdef", "ifndef"):
            self._taken.append(self.read and decide(name))
            self._done.append(self._taken[-1])
        elif not self._taken or name not in ("elif", "elifdef", "elifndef", "else", "endif"):
            return False
        elif name == "endif":
            self._taken.pop()
            self._done.pop()
        else:
            asked = all(self._taken[:-1]) and not self._done[-1]
            self._taken[-1] = asked and (name == "else" or decide(name.removeprefix("el")))
            self._done[-1] |= self._taken[-1]
        return True


class Conditions:
    """Decides conditions by a table of macros; the caller may change the table between calls."""

    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = macros

    def decide(self, name: str, rest: str, place: SourceLine) -> bool:
        """Whether the branch is taken; a name that is no macro is 0. CError for a malformed expression."""
        if name != "if":
            match = _NAME.match(rest)
            return (match[1] in self._macros) is (name == "ifdef") if match else False
        if simple := _DEFINED.match(rest):
            return (simple[2] in self._macros) is not bool(simple[1])
        answered = self._answers(list(tokens(rest.replace("\\\n", " \n"), place)))
        expanded = Expander(self._macros).expand(answered)
        return bool(expanded) and value_of(of_tokens(expanded), lambda name: 0, lambda call: 0) != 0

    def _answers(self, given: list[Token]) -> list[Token]:
        """Replaces `defined X` and `defined(X)` by 1 or 0 before macros are expanded."""
        result, at = [], 0
        while at < len(given):
            token = given[at]
            if token.text in _QUESTIONS:
                inner = given[at + 1 : at + 3]
                closed = bool(inner) and inner[0].text == "("
                name = inner[int(closed)].text if len(inner) > closed else ""
                held = token.text == "defined" and (name in self._macros or name.startswith("__has_"))
                result.append(Token("number", str(int(held)), token.place, True))
                at += 1 + (len(group(given[at + 1 :])) if closed else 1)
            else:
                result.append(token)
                at += 1
        return result


def value_of(node: Expression, named: Callable[[Name], int], called: Callable[[Call], int]) -> int:
    """The value of a condition; undefined operations give 0. CError for an expression without a value."""
    return _Condition(named, called).value(node).value


class _Condition:
    """Evaluates one condition; && and || evaluate their right side only if needed."""

    def __init__(self, named: Callable[[Name], int], called: Callable[[Call], int]) -> None:
        self._named = named
        self._called = called

    def value(self, node: Expression) -> CInteger:
        match node:
            case Number():
                return _wide(node.value, node.literal.typed(LONG_LONG).signed)
            case Name():
                return _wide(self._named(node))
            case Call(function=Name()):
                return _wide(self._called(node))
            case Unary(operator="!" | "-" | "~" | "+"):
                return _widen(unary(node.operator, self.value(node.operand)))
            case Binary(operator="&&" | "||"):
                return self._connective(node)
            case Binary():
                found = binary(node.operator, self.value(node.left), self.value(node.right))
                return _widen(found) if found else _wide(0)
            case Conditional():
                condition = self.value(node.condition)
                chosen = node.chosen or node.condition
                return self.value(chosen if condition.value else node.other)
        raise CError("unexpected", "a condition has numbers, names and operators", "", node.place, node.span.start)

    def _connective(self, node: Binary) -> CInteger:
        left = self.value(node.left).value != 0
        return _wide(int(left if left is (node.operator == "||") else self.value(node.right).value != 0))


def _widen(found: CInteger) -> CInteger:
    return _wide(found.value, found.signed)


def _wide(value: int, signed: bool = True) -> CInteger:
    return CInteger.of(value, LONG_LONG, signed)
