"""`#if` and its kin inside a table, decided where the caller has said enough and refused where not: never guessed.

A name counts as decided when a -D or the table's own `define` gives it. For a CONFIG_ option, 0 and n say that it is
not set.
Leaves out: macros that a header defines, #include and #define inside a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from modalloc_model.descriptor.expression import Expression, parse
from modalloc_model.descriptor.lexer import Token
from modalloc_model.descriptor.source import Journal, ReadError, Text
from modalloc_model.verdict import Problem

_LINE = re.compile(r"#\s*(\w*)\s*(.*)", re.DOTALL)
_QUESTIONS = ("defined", "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE")
_IGNORED = ("pragma", "line", "warning", "ident", "")


class Conditionals:
    """Passes on the tokens that the compiler would see."""

    def __init__(self, text: Text, defines: Mapping[str, str], journal: Journal) -> None:
        self._text = text
        self._defines = defines
        self._journal = journal
        self._taken: list[bool] = []  # for every open #if: whether the present branch is read
        self._done: list[bool] = []  # for every open #if: whether some branch was read, or none could be chosen

    def filter(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The stream without preprocessor lines and without what they leave out."""
        for token in stream:
            if token.kind == "directive":
                self._directive(token)
            elif all(self._taken) or token.kind == "end":
                yield token

    def _directive(self, token: Token) -> None:
        match = _LINE.match(token.text)
        name, rest = (match[1], match[2]) if match else ("", "")
        if name in ("if", "ifdef", "ifndef"):
            self._open(token, self._decided(token, name, rest) if all(self._taken) else False)
        elif name in ("elif", "elifdef", "elifndef", "else", "endif"):
            self._go_on(token, name, rest)
        elif name not in _IGNORED and all(self._taken):
            self._error(token, "conditional", f"#{name} inside a table cannot be read", "write the table without it")

    def _open(self, token: Token, taken: bool) -> None:
        self._taken.append(taken)
        self._done.append(taken)

    def _go_on(self, token: Token, name: str, rest: str) -> None:
        if not self._taken:
            self._error(token, "conditional", f"#{name} without an #if in this table")
        elif name == "endif":
            self._taken.pop()
            self._done.pop()
        else:
            self._branch(token, name, rest)

    def _branch(self, token: Token, name: str, rest: str) -> None:
        done = self._done[-1]
        self._taken[-1] = False
        if not done and all(self._taken[:-1]):
            self._taken[-1] = name == "else" or self._decided(token, name.removeprefix("el"), rest)
            self._done[-1] = self._taken[-1]

    def _decided(self, token: Token, name: str, rest: str) -> bool:
        try:
            return self._defined(token, rest) is (name == "ifdef") if name != "if" else self._condition(token, rest)
        except ReadError as found:
            self._journal.add(found.problem)
            return False

    def _defined(self, token: Token, rest: str) -> bool:
        name = rest.split(maxsplit=1)[0] if rest.split() else ""
        if name not in self._defines:
            raise self._undecided(token, name)
        return self._is_set(name)

    def _is_set(self, name: str) -> bool:
        return not (name.startswith("CONFIG_") and self._defines[name].strip() in ("0", "n"))

    def _condition(self, token: Token, rest: str) -> bool:
        spaced = re.sub(r"\bdefined\s+(\w+)", r"defined(\1)", rest)
        return bool(self._value(token, parse(Text.given(spaced, self._text.at(token.start)))))

    def _value(self, token: Token, node: Expression) -> int:
        if node.kind == "number":
            return node.value
        if node.kind == "unary" and node.text == "!":
            return int(not self._value(token, node.parts[0]))
        if node.kind == "binary" and node.text in ("&&", "||"):
            return self._connective(token, node)
        if node.kind == "call" and len(node.parts) == 1 and node.parts[0].kind == "name":
            return int(self._asked(token, node.text, node.parts[0].text))
        if node.kind == "name" and node.text in self._defines and self._defines[node.text].isdigit():
            return int(self._defines[node.text])
        raise self._undecided(token, node.text)

    def _connective(self, token: Token, node: Expression) -> int:
        left = self._value(token, node.parts[0])
        if bool(left) is (node.text == "||"):
            return int(bool(left))
        return int(bool(self._value(token, node.parts[1])))

    def _asked(self, token: Token, function: str, name: str) -> bool:
        if function not in _QUESTIONS or name not in self._defines:
            raise self._undecided(token, name)
        return self._is_set(name)

    def _undecided(self, token: Token, name: str) -> ReadError:
        message = f"{token.text.splitlines()[0].strip()!r} inside the table: nothing says whether {name or 'it'} holds"
        hint = f"say -D {name}=1 or -D {name}=0" if name else ""
        return ReadError(Problem(self._text.at(token.start), "conditional", message, hint))

    def _error(self, token: Token, code: str, message: str, hint: str = "") -> None:
        self._journal.error(self._text.at(token.start), code, message, hint)
