"""C's constant expressions as trees.

Reads what an initialiser may hold: literals, names, every operator that has no side effect, casts to integer types,
sizeof of a type, calls of function-like macros. What the trees mean is said in :mod:`.environment`.
Leaves out: assignments, ++ and --, floating point, character constants, statement expressions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, takewhile

from modalloc_model.descriptor.lexer import Token, tokens
from modalloc_model.descriptor.source import ReadError, Text, excerpt
from modalloc_model.verdict import Problem

MAX_DEPTH = 80
"""Levels of a tree. Real tables need fewer than ten; the bound keeps recursion within Python's stack."""

_MAX_TOKENS = 2000
_MAX_LITERAL = 200  # characters; Python, too, bounds the digits it converts
_LEVELS = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="), ("<<", ">>"), ("+", "-"),
    ("*", "/", "%"),
)  # fmt: skip
BINDING = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
"""How closely each of C's binary operators binds: the higher, the closer."""
_LITERAL = re.compile(
    r"(0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9]\d*))(?P<suffix>[uUlL]*)",
    re.ASCII,
)
_SUFFIXES = frozenset({"", "u", "l", "ul", "lu", "ll", "ull", "llu"})
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}

_WIDTHS = (8, 16, 32, 64)
TYPE_WORDS = frozenset(
    {
        *("unsigned", "signed", "int", "long", "char", "short", "void", "size_t", "ssize_t", "uintptr_t", "intptr_t"),
        *("ulong", "uint", "phys_addr_t", "pgprotval_t"),
        *(f"{prefix}{bits}" for prefix in ("u", "s", "__u", "__s") for bits in _WIDTHS),
        *(f"{prefix}{bits}_t" for prefix in ("int", "uint") for bits in _WIDTHS),
    }
)
"""Words that make up the integer types one may cast to."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A node of a tree.

    `kind` is number, name, string, unary, binary, ternary, call, cast or sizeof; `text` the literal, the name, the
    operator or the type. [start, end) is what it covers of the text; `depth` counts its levels.
    """

    kind: str
    text: str
    parts: tuple[Expression, ...]
    start: int
    end: int
    value: int = 0
    depth: int = 1


def parse(text: Text) -> Expression:
    """The tree of the whole text; ReadError where it is no expression."""
    return _Parser(text).whole()


def written(text: Text, node: Expression) -> str:
    """The node as it stands in the text, for a message."""
    return excerpt(text.text[node.start : node.end])


def literal(text: str) -> tuple[int, str, bool] | None:
    """Value, suffix in lower case, and whether it is decimal, of an integer literal; None for anything else."""
    match = _LITERAL.fullmatch(text)
    if not match or match["suffix"].lower() not in _SUFFIXES or len(text) > _MAX_LITERAL:
        return None
    base, digits = next((b, match[b]) for b in _BASES if match[b])
    return int(digits, _BASES[base]), match["suffix"].lower(), base == "dec"


class _Parser:
    """Precedence climbing over a list of tokens."""

    def __init__(self, text: Text) -> None:
        self._text = text
        found = takewhile(lambda token: token.kind != "end", tokens(text.text))
        self._tokens = list(islice(found, _MAX_TOKENS + 1))
        self._end = Token("end", "", len(text.text.rstrip()))
        self._next = 0
        self._level = 0
        if len(self._tokens) > _MAX_TOKENS:
            raise self._error(self._tokens[0], "too-deep", f"an expression of more than {_MAX_TOKENS} tokens")

    def whole(self) -> Expression:
        if not self._tokens:
            raise self._error(self._end, "missing-value", "a value is missing here")
        node = self._ternary()
        if self._token.kind != "end":
            raise self._unexpected(f"after {written(self._text, node)!r}")
        return node

    @property
    def _token(self) -> Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else self._end

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        matches = self._token.kind == "op" and self._token.text == text
        self._next += matches
        return matches

    def _expect(self, text: str, opened: Token) -> Token:
        token = self._token
        if not self._accept(text):
            raise self._unexpected(f"where {text!r} should close {opened.text!r}")
        return token

    def _node(self, kind: str, text: str, parts: tuple[Expression, ...], start: int, end: int) -> Expression:
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > MAX_DEPTH:
            raise self._error(self._tokens[0], "too-deep", f"an expression nested deeper than {MAX_DEPTH} levels")
        return Expression(kind, text, parts, start, end, 0, depth)

    def _ternary(self) -> Expression:
        self._level += 1
        if self._level > MAX_DEPTH:
            raise self._error(self._token, "too-deep", f"an expression nested deeper than {MAX_DEPTH} levels")
        node = self._binary(0)
        if self._token.text == "?":
            opened = self._take()
            chosen = node if self._token.text == ":" else self._ternary()  # GNU's a ?: b
            self._expect(":", opened)
            other = self._ternary()
            node = self._node("ternary", "?", (node, chosen, other), node.start, other.end)
        self._level -= 1
        return node

    def _binary(self, lowest: int) -> Expression:
        left = self._unary()
        while self._token.kind == "op" and BINDING.get(self._token.text, -1) >= lowest:
            operator = self._take().text
            right = self._binary(BINDING[operator] + 1)
            left = self._node("binary", operator, (left, right), left.start, right.end)
        return left

    def _unary(self) -> Expression:
        operators = []
        while self._token.kind == "op" and (self._token.text in "+-~!&" or self._is_cast()):
            operators.append(self._cast() if self._token.text == "(" else self._prefix())
        node = self._primary()
        for kind, text, start in reversed(operators):
            node = self._node(kind, text, (node,), start, node.end)
        return node

    def _prefix(self) -> tuple[str, str, int]:
        token = self._take()
        return "unary", token.text, token.start

    def _is_cast(self) -> bool:
        following = self._tokens[self._next + 1] if self._next + 1 < len(self._tokens) else self._end
        return self._token.text == "(" and following.kind == "name" and following.text in TYPE_WORDS

    def _cast(self) -> tuple[str, str, int]:
        opened = self._take()
        name = self._type_name()
        self._expect(")", opened)
        return "cast", name, opened.start

    def _type_name(self) -> str:
        words = []
        while self._token.text in TYPE_WORDS or self._token.text in ("*", "const"):
            words.append(self._take().text)
        return " ".join(words)

    def _primary(self) -> Expression:
        token = self._take()
        if token.kind == "number":
            return self._number(token)
        if token.kind == "name":
            return self._named(token)
        if token.kind == "string":
            return self._node("string", token.text, (), token.start, token.end)
        if token.text == "(" and token.kind == "op":
            inner = self._ternary()
            closed = self._expect(")", token)
            return Expression(inner.kind, inner.text, inner.parts, token.start, closed.end, inner.value, inner.depth)
        self._next -= 1
        raise self._unexpected("where a value should stand")

    def _number(self, token: Token) -> Expression:
        value = literal(token.text)
        if value is None:
            raise self._error(token, "bad-number", f"{excerpt(token.text)!r} is no integer literal of C")
        return Expression("number", token.text, (), token.start, token.end, value[0])

    def _named(self, token: Token) -> Expression:
        if token.text == "sizeof":
            return self._sizeof(token)
        if self._token.text != "(":
            return self._node("name", token.text, (), token.start, token.end)
        opened = self._take()
        arguments: list[Expression] = []
        while self._token.text != ")" and not (arguments and not self._accept(",")):
            arguments.append(self._ternary())
        closed = self._expect(")", opened)
        return self._node("call", token.text, tuple(arguments), token.start, closed.end)

    def _sizeof(self, token: Token) -> Expression:
        opened = self._token
        name = self._type_name() if self._accept("(") else ""
        if not name:
            raise self._unexpected("where sizeof takes the name of an integer type in parentheses")
        closed = self._expect(")", opened)
        return self._node("sizeof", name, (), token.start, closed.end)

    def _unexpected(self, where: str) -> ReadError:
        token = self._token
        if token.kind == "end":
            return self._error(token, "unexpected", f"the expression ends {where}")
        if token.kind == "entity":
            hint = "the text was saved as HTML: save the mail as plain text"
            return self._error(token, "html-entity", f"{token.text!r} {where}", hint)
        return self._error(token, "unexpected", f"unexpected {excerpt(token.text)!r} {where}")

    def _error(self, token: Token, code: str, message: str, hint: str = "") -> ReadError:
        return ReadError(Problem(self._text.at(token.start), code, message, hint))
