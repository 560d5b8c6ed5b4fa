"""C's expressions: operators by precedence, casts, compound literals, and GNU statement expressions.

The caller decides whether a name is a type, as in `(name) & x`. Floating point and _Generic are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from modalloc_model.c import syntax as c
from modalloc_model.c.arithmetic import literal
from modalloc_model.c.cursor import Cursor
from modalloc_model.c.declarators import UNKNOWN, Declarators, well_known
from modalloc_model.c.tokens import NOWHERE, Token, excerpt, tokens

MAX_DEPTH = 80
"""Levels of a constant expression. Real ones need fewer than ten; the bound keeps recursion within Python's stack."""

_MAX_TOKENS = 2000
_LEVELS = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="), ("<<", ">>"), ("+", "-"),
    ("*", "/", "%"),
)  # fmt: skip
_BINDING = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
"""The precedence of C's binary operators: the higher, the tighter."""
_ASSIGNING = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})
_PREFIX = frozenset({"+", "-", "~", "!", "&"})
_PREFIX_WITH_EFFECT = frozenset({"*", "++", "--"})
_SIZE_OF = ("sizeof", "_Alignof", "__alignof__")


def constant_expression(text: str, typedef: Callable[[str], c.Type | None] = well_known) -> c.Expression:
    """The tree of a constant expression (C11 6.6, and calls of macros). CError if it is malformed.

    It has no assignments, no memory and no blocks.
    """
    given = list(islice(tokens(text, mail=True), _MAX_TOKENS + 1))
    end = Token("end", "", start=len(text.rstrip()))
    return _whole(given, end, typedef, lambda span: repr(excerpt(text[span.start : span.end])))


def of_tokens(given: Sequence[Token]) -> c.Expression:
    """The tree of a constant expression in which no name is a type. CError if it is malformed."""
    end = Token("end", "", given[-1].place if given else NOWHERE)
    return _whole(given, end, lambda name: None, lambda span: "a whole condition")


def _whole(
    given: Sequence[Token], end: Token, typedef: Callable[[str], c.Type | None], shown: Callable[[c.Span], str]
) -> c.Expression:
    cursor = Cursor(given, MAX_DEPTH, MAX_DEPTH, end)
    if len(given) > _MAX_TOKENS:
        raise cursor.error(given[0], "too-deep", f"an expression of more than {_MAX_TOKENS} tokens")
    if not given:
        raise cursor.error(end, "missing-value", "a value is missing here")
    node = Expressions(cursor, Declarators(cursor, typedef, tags=False)).expression()
    if cursor.token.kind != "end":
        raise cursor.unexpected(f"after {shown(node.span)}")
    return node


class Expressions:
    """Reads expressions and initialisers. Without `block`, which reads a block, only constant expressions."""

    def __init__(self, cursor: Cursor, types: Declarators, block: Callable[[], c.Block] | None = None) -> None:
        self._cursor = cursor
        self._types = types
        self._block = block
        self._prefix = _PREFIX | _PREFIX_WITH_EFFECT if block else _PREFIX

    def expression(self) -> c.Expression:
        """A full expression, with commas."""
        left = self.assignment()
        while self._block and self._cursor.text == ",":
            place = self._cursor.take().place
            right = self.assignment()
            left = c.Binary(place, self._over(left, right), ",", left, right)
        return left

    def assignment(self) -> c.Expression:
        """An expression without a comma outside parentheses."""
        left = self.conditional()
        if self._block and self._cursor.text in _ASSIGNING:
            token = self._cursor.take()
            value = self.assignment()
            return c.Assign(token.place, self._over(left, value), token.text[:-1], left, value)
        return left

    def conditional(self) -> c.Expression:
        """An expression without assignments outside parentheses."""
        with self._cursor.deeper():
            condition = self._binary()
            if self._cursor.text != "?":
                return condition
            opened = self._cursor.take()
            chosen = None if self._cursor.text == ":" else self.expression()
            self._cursor.expect(":", opened)
            other = self.conditional()
            span = self._over(condition, *([chosen] if chosen else []), other)
            return c.Conditional(opened.place, span, condition, chosen, other)

    def initialiser(self, type_: c.Type) -> c.Expression:
        """The initialiser of a variable of the type."""
        return self._braces(type_) if self._cursor.text == "{" else self.assignment()

    def _braces(self, type_: c.Type) -> c.Braces:
        opened = self._cursor.expect("{")
        items: list[c.Item] = []
        while self._cursor.text not in ("}", ""):
            with self._cursor.deeper():
                items.append(self._item())
            if not self._cursor.accept(","):
                break
        self._cursor.expect("}")
        return c.Braces(opened.place, self._cursor.span(opened.start), type_, tuple(items))

    def _item(self) -> c.Item:
        place = self._cursor.token.place
        path: list[str | c.Expression] = []
        while self._cursor.text in (".", "["):
            path.append(self._cursor.take().text if self._cursor.accept(".") else self._index())
        if path:
            self._cursor.expect("=")
        return c.Item(place, tuple(path), self.initialiser(UNKNOWN))

    def _index(self) -> c.Expression:
        opened = self._cursor.take()
        index = self.expression()
        self._cursor.expect("]", opened)  # GNU's range of members ends here, too
        return index

    def _binary(self) -> c.Expression:
        """Shunts operands and operators until a looser operator follows."""
        operands, operators = [self._unary()], list[Token]()
        while True:
            level = _BINDING.get(self._cursor.text, -1)
            while operators and _BINDING[operators[-1].text] >= level:
                right, token = operands.pop(), operators.pop()
                left = operands[-1]
                operands[-1] = c.Binary(token.place, self._over(left, right), token.text, left, right)
            if level < 0:
                return operands[0]
            operators.append(self._cursor.take())
            operands.append(self._unary())

    def _unary(self) -> c.Expression:
        """Collects operators and casts before an operand until it is read."""
        waiting: list[tuple[Token, c.Type | None]] = []
        while True:
            token = self._cursor.token
            if token.text in self._prefix:
                waiting.append((self._cursor.take(), None))
            elif token.text == "(" and self._types.starts_type(1):
                waiting.append((token, self._type_in_parentheses()))
                if self._block and self._cursor.text == "{":
                    return self._apply(waiting[:-1], self._postfix(self._braces(waiting[-1][1] or UNKNOWN)))
            elif not (self._block and self._cursor.accept("__extension__")):
                return self._apply(waiting, self._operand())

    def _type_in_parentheses(self) -> c.Type:
        opened = self._cursor.take()
        type_ = self._types.type_name()
        self._cursor.expect(")", opened)
        return type_

    def _apply(self, waiting: Sequence[tuple[Token, c.Type | None]], node: c.Expression) -> c.Expression:
        for token, type_ in reversed(waiting):
            span = self._cursor.span(token.start, node)
            node = c.Cast(token.place, span, type_, node) if type_ else c.Unary(token.place, span, token.text, node)
        return node

    def _operand(self) -> c.Expression:
        return self._size_of() if self._cursor.text in _SIZE_OF else self._postfix(self._primary())

    def _size_of(self) -> c.Expression:
        token, opened = self._cursor.take(), self._cursor.token
        if opened.text == "(" and self._types.starts_type(1):
            type_ = self._type_in_parentheses()
            return c.SizeOf(token.place, self._cursor.span(token.start), type_)
        if self._block is None:
            self._cursor.accept("(")
            raise self._cursor.unexpected("where sizeof takes the name of an integer type in parentheses")
        with self._cursor.deeper():
            operand = self._unary()
        return c.Unary(token.place, self._cursor.span(token.start, operand), "sizeof", operand)

    def _postfix(self, node: c.Expression) -> c.Expression:
        while (token := self._cursor.token).text in ("(", "[", ".", "->", "++", "--"):
            start = node.span.start
            if token.text == "(" and (self._block or self._cursor.previous.kind == "name"):
                arguments = self._arguments()
                node = c.Call(token.place, self._cursor.span(start, *arguments), node, arguments)
            elif self._block is None:
                break
            elif self._cursor.take().text == "[":
                at = self.expression()
                self._cursor.expect("]", token)
                node = c.Index(token.place, self._cursor.span(start, node, at), node, at)
            elif token.text in (".", "->"):
                name = self._cursor.take().text
                node = c.Member(token.place, self._cursor.span(start, node), node, name, token.text == "->")
            else:
                node = c.Unary(token.place, self._cursor.span(start, node), f"p{token.text}", node)
        return node

    def _arguments(self) -> tuple[c.Expression, ...]:
        opened = self._cursor.expect("(")
        found: list[c.Expression] = []
        while self._cursor.text != ")":
            found.append(self._argument())
            if not self._cursor.accept(","):
                break
            if self._block is None and self._cursor.text == ")":
                raise self._cursor.unexpected("where a value should stand")
        self._cursor.expect(")", opened)
        return tuple(found)

    def _argument(self) -> c.Expression:
        """An expression, or a type, which some built-in functions accept."""
        token = self._cursor.token
        if self._block and self._types.starts_type():
            type_ = self._types.type_name()
            return c.SizeOf(token.place, self._cursor.span(token.start), type_)
        return self.assignment()

    def _primary(self) -> c.Expression:
        token = self._cursor.token
        if token.kind in ("number", "char"):
            return self._number(self._cursor.take())
        if token.kind == "string":
            self._cursor.take()
            while self._block and self._cursor.token.kind == "string":  # C joins adjacent strings
                self._cursor.take()
            return c.String(token.place, self._cursor.span(token.start))
        if token.kind == "name":
            self._cursor.take()
            return c.Name(token.place, c.Span(token.start, token.end), token.text)
        if self._cursor.accept("("):
            return self._parentheses(token)
        raise self._cursor.unexpected("where a value should stand")

    def _parentheses(self, opened: Token) -> c.Expression:
        if self._block and self._cursor.text == "{":
            body = self._block()
            self._cursor.expect(")", opened)
            return body
        inner = self.expression()
        self._cursor.expect(")", opened)
        return replace(inner, span=c.Span(opened.start, self._cursor.previous.end, inner.span.depth))

    def _number(self, token: Token) -> c.Expression:
        span = c.Span(token.start, token.end)
        read = literal(token.text)
        if read is not None:
            return c.Number(token.place, span, read)
        if self._block is None:
            message = f"{excerpt(token.text)!r} is not an integer literal of C"
            raise self._cursor.error(token, "bad-number", message)
        return c.Opaque(token.place, span, "literal", token.text, ())

    def _over(self, left: c.Expression, *others: c.Expression) -> c.Span:
        return self._cursor.span(left.span.start, left, *others)
