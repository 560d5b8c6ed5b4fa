"""C's expressions: precedence climbing, casts, compound literals, and GNU's blocks that have a value.

Whether `(name) & x` is a cast is asked of the program, by what the name is as a type.
Leaves out: floating point, _Generic.
"""

from __future__ import annotations

from modalloc_model.descriptor.expression import BINDING
from modalloc_model.kernel.cursor import opaque
from modalloc_model.kernel.declarators import UNKNOWN, Declarators
from modalloc_model.kernel.numbers import number
from modalloc_model.kernel.syntax import (
    Assign,
    Binary,
    Block,
    Braces,
    Call,
    Cast,
    Conditional,
    Expression,
    Index,
    Item,
    Member,
    Name,
    Number,
    SizeOf,
    Text,
    Type,
    Unary,
)
from modalloc_model.kernel.tokens import Token

_ASSIGNING = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})
_PREFIX = frozenset({"+", "-", "~", "!", "&", "*", "++", "--"})


class Expressions(Declarators):
    """Reads expressions and initialisers."""

    def block(self) -> Block:
        """`{ ... }`, from the brace on."""
        raise NotImplementedError

    def expression(self) -> Expression:
        """A whole expression, the comma included."""
        left = self._assignment()
        while self.text == ",":
            place = self._take().place
            left = Binary(place, ",", left, self._assignment())
        return left

    def braces(self, type_: Type) -> Braces:
        """An initialiser list."""
        opened = self._expect("{")
        items: list[Item] = []
        while self.text not in ("}", ""):
            items.append(self._deeper(lambda: self._item(type_)))
            if not self._accept(","):
                break
        self._expect("}")
        return Braces(opened.place, type_, tuple(items))

    def _initialiser(self, type_: Type) -> Expression:
        return self.braces(type_) if self.text == "{" else self._assignment()

    def _item(self, type_: Type) -> Item:
        place = self.place
        path: list[str | Expression] = []
        while self.text in (".", "["):
            if self._accept("."):
                path.append(self._take().text)
            else:
                self._take()
                path.append(self.expression())
                if self._accept("..."):
                    raise self._error("a range of array members")
                self._expect("]")
        if path:
            self._expect("=")
        return Item(place, tuple(path), self._initialiser(UNKNOWN))

    def _assignment(self) -> Expression:
        return self._deeper(self._assigned)

    def _assigned(self) -> Expression:
        left = self._conditional()
        if self.text in _ASSIGNING:
            token = self._take()
            return Assign(token.place, token.text[:-1], left, self._assignment())
        return left

    def _conditional(self) -> Expression:
        condition = self._binary(0)
        if self.text != "?":
            return condition
        place = self._take().place
        chosen = None if self.text == ":" else self.expression()
        self._expect(":")
        return Conditional(place, condition, chosen, self._deeper(self._conditional))

    def _binary(self, lowest: int) -> Expression:
        left = self._deeper(self._unary)
        while BINDING.get(self.text, -1) >= lowest:
            token = self._take()
            right = self._binary(BINDING[token.text] + 1)
            left = Binary(token.place, token.text, left, right)
        return left

    def _unary(self) -> Expression:
        text = self.text
        if text in _PREFIX:
            token = self._take()
            return Unary(token.place, token.text, self._deeper(self._unary))
        if text == "__extension__":
            self._take()
            return self._deeper(self._unary)
        if text in ("sizeof", "_Alignof", "__alignof__"):
            return self._sizeof()
        if text == "(" and self._starts_type(1):
            return self._cast()
        return self._postfix(self._primary())

    def _cast(self) -> Expression:
        place = self._take().place
        type_ = self.type_name()
        self._expect(")")
        if self.text == "{":
            return self._postfix(self.braces(type_))
        return Cast(place, type_, self._deeper(self._unary))

    def _sizeof(self) -> Expression:
        place = self._take().place
        if self.text == "(" and self._starts_type(1):
            self._take()
            type_ = self.type_name()
            self._expect(")")
            return SizeOf(place, type_)
        return Unary(place, "sizeof", self._deeper(self._unary))

    def _postfix(self, node: Expression) -> Expression:
        while True:
            text, place = self.text, self.place
            if text == "(":
                node = Call(place, node, self._arguments())
            elif text == "[":
                self._take()
                node = Index(place, node, self.expression())
                self._expect("]")
            elif text in (".", "->"):
                self._take()
                node = Member(place, node, self._take().text, text == "->")
            elif text in ("++", "--"):
                self._take()
                node = Unary(place, f"p{text}", node)
            else:
                return node

    def _arguments(self) -> tuple[Expression, ...]:
        self._expect("(")
        found: list[Expression] = []
        while self.text != ")":
            found.append(self._argument())
            if not self._accept(","):
                break
        self._expect(")")
        return tuple(found)

    def _argument(self) -> Expression:
        """An expression, or a type, which some built-in functions take."""
        if self._starts_type():
            return SizeOf(self.place, self.type_name())
        return self._assignment()

    def _primary(self) -> Expression:
        token = self._take()
        if token.kind in ("number", "char"):
            return literal(token)
        if token.kind == "string":
            while self._kind() == "string":
                self._take()
            return Text(token.place)
        if token.kind == "name":
            return Name(token.place, token.text)
        if token.text == "(" and self.text == "{":
            body = self.block()
            self._expect(")")
            return body
        if token.text == "(":
            inner = self._deeper(self.expression)
            self._expect(")")
            return inner
        self._at -= 1
        raise self._error(f"{token.text!r} where a value should stand")


def literal(token: Token) -> Expression:
    """A number with the type that C gives it; an Opaque for what is none."""
    read = number(token.text)
    if read is None:
        return opaque(token.place, "literal", [token])
    value, suffix = read
    decimal = token.text[:1] != "0" or token.text == "0"
    bits = 64 if "ll" in suffix else 0 if "l" in suffix else 32
    signed = "u" not in suffix
    if bits == 32 and value >= 1 << (31 if signed else 32):  # noqa: PLR2004
        bits, signed = (32, False) if signed and not decimal and value < 1 << 32 else (0, signed)
    if value >= 1 << 63:
        bits, signed = 64, False
    elif bits == 0 and value >= 1 << 32:
        bits = 64
    return Number(token.place, value, Type("int", bits, signed))
