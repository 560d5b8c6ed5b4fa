"""`#if` and its kin inside a table, decided where the caller has said enough and refused where not: never guessed.

A name counts as decided when a -D or the table's own `define` gives it. For a CONFIG_ option, 0 and n say that it is
not set.
Leaves out: macros that a header defines, #include and #define inside a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from modalloc_model.c.arithmetic import literal
from modalloc_model.c.conditions import Branches, value_of
from modalloc_model.c.expressions import constant_expression
from modalloc_model.c.syntax import Call, Name
from modalloc_model.c.tokens import CError, Token
from modalloc_model.descriptor.source import Journal, ReadError, Text
from modalloc_model.verdict import Problem

_LINE = re.compile(r"#\s*(\w*)\s*(.*)", re.DOTALL)
_QUESTIONS = ("defined", "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE")
_OF_BRANCHES = ("elif", "elifdef", "elifndef", "else", "endif")
_IGNORED = ("pragma", "line", "warning", "ident", "")


class Conditionals:
    """Passes on the tokens that the compiler would see."""

    def __init__(self, text: Text, defines: Mapping[str, str], journal: Journal) -> None:
        self._text = text
        self._defines = defines
        self._journal = journal
        self._branches = Branches()

    def filter(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The stream without preprocessor lines and without what they leave out."""
        for token in stream:
            if token.kind == "directive":
                self._directive(token)
            elif self._branches.read:
                yield token

    def _directive(self, token: Token) -> None:
        match = _LINE.match(token.text)
        name, rest = (match[1], match[2]) if match else ("", "")
        if self._branches.follow(name, lambda question: self._decided(token, question, rest)):
            return
        if name in _OF_BRANCHES:
            self._error(token, f"#{name} without an #if in this table")
        elif name not in _IGNORED and self._branches.read:
            self._error(token, f"#{name} inside a table cannot be read", "write the table without it")

    def _decided(self, token: Token, question: str, rest: str) -> bool:
        try:
            if question == "if":
                return self._condition(token, rest)
            return self._is_set(token, next(iter(rest.split()), "")) is (question == "ifdef")
        except ReadError as found:
            self._journal.add(found.problem)
        except CError as wrong:
            self._error(token, wrong.message, wrong.hint, wrong.code)
        return False

    def _condition(self, token: Token, rest: str) -> bool:
        node = constant_expression(re.sub(r"\bdefined\s+(\w+)", r"defined(\1)", rest), lambda name: None)
        return value_of(node, lambda name: self._number(token, name), lambda call: self._asked(token, call)) != 0

    def _number(self, token: Token, node: Name) -> int:
        found = literal(self._defines.get(node.name, "").strip())
        if found is None:
            raise self._undecided(token, node.name)
        return found.value

    def _asked(self, token: Token, node: Call) -> int:
        function = node.function.name if isinstance(node.function, Name) else ""
        option = node.arguments[0] if len(node.arguments) == 1 else None
        if function not in _QUESTIONS or not isinstance(option, Name):
            raise self._undecided(token, option.name if isinstance(option, Name) else function)
        return int(self._is_set(token, option.name))

    def _is_set(self, token: Token, name: str) -> bool:
        if name not in self._defines:
            raise self._undecided(token, name)
        return not (name.startswith("CONFIG_") and self._defines[name].strip() in ("0", "n"))

    def _undecided(self, token: Token, name: str) -> ReadError:
        message = f"{token.text.splitlines()[0].strip()!r} inside the table: nothing says whether {name or 'it'} holds"
        hint = f"say -D {name}=1 or -D {name}=0" if name else ""
        return ReadError(Problem(self._text.at(token.start), "conditional", message, hint))

    def _error(self, token: Token, message: str, hint: str = "", code: str = "conditional") -> None:
        self._journal.error(self._text.at(token.start), code, message, hint)
