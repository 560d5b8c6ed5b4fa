"""Tokens to syntax: recursive descent over statements, precedence climbing over expressions.

Which names are types is asked of the program, since `(name) & x` is a cast or not by that alone. Macros are expanded
before.
Leaves out: computed goto, functions within functions, old-style parameters; each becomes an Opaque.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TypeVar

from modalloc_model.descriptor.expression import BINDING
from modalloc_model.kernel.limits import MAX_NESTING, KernelError
from modalloc_model.kernel.numbers import number
from modalloc_model.kernel.syntax import (
    Assign,
    Binary,
    Block,
    Braces,
    Call,
    Case,
    Cast,
    Conditional,
    Declaration,
    Expression,
    If,
    Index,
    Item,
    Label,
    Leave,
    Loop,
    Member,
    Name,
    Number,
    Opaque,
    SizeOf,
    Statement,
    Switch,
    Text,
    Type,
    Unary,
)
from modalloc_model.kernel.tokens import Place, Token, written

_ASSIGNING = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})
_PREFIX = frozenset({"+", "-", "~", "!", "&", "*", "++", "--"})
_QUALIFIERS = frozenset(
    {
        *(
            "const",
            "volatile",
            "static",
            "extern",
            "inline",
            "register",
            "auto",
            "restrict",
            "__restrict",
            "__extension__",
        ),
        *(
            "__inline",
            "__inline__",
            "__const",
            "__volatile__",
            "__signed__",
            "_Noreturn",
            "__always_inline",
            "__thread",
        ),
    }
)
_ATTRIBUTES = frozenset({"__attribute__", "__attribute", "asm", "__asm__", "__asm", "_Alignas", "__declspec"})
_INTEGERS = frozenset({"unsigned", "signed", "int", "long", "char", "short", "_Bool", "__int128"})
_TAGS = frozenset({"struct", "union", "enum"})
_TYPEOF = frozenset({"typeof", "__typeof__", "__typeof", "__typeof_unqual__", "typeof_unqual"})

T = TypeVar("T")
WORD = Type("int", 0, False)
"""`unsigned long`: bits 0 is the machine's word."""
UNKNOWN = Type("unknown")


class Parser:
    """Parses a list of expanded tokens. `typedef` says what a name is as a type, or None; `variables` hide types."""

    def __init__(
        self, given: Sequence[Token], typedef: Callable[[str], Type | None], variables: Iterable[str] = ()
    ) -> None:
        self._tokens = given
        self._types = typedef
        self._variables = set(variables)
        self._at = 0
        self._depth = 0

    # -- the face ----------------------------------------------------------------------------------------------------

    def block(self) -> Block:
        """`{ ... }`, from the brace on."""
        opened = self._expect("{")
        return self._deeper(lambda: Block(opened.place, tuple(self._statements("}"))))

    def expression(self) -> Expression:
        """A whole expression, the comma included."""
        left = self._assignment()
        while self._text == ",":
            place = self._take().place
            left = Binary(place, ",", left, self._assignment())
        return left

    def declarations(self) -> list[Declaration]:
        """The variables that one declaration announces; nothing for a typedef or a function's prototype."""
        ahead = takewhile(lambda token: token.text not in (";", "="), self._tokens[self._at : self._at + 6])
        head = {token.text for token in ahead}
        external, static = "extern" in head, "static" in head
        base = self._specifiers()
        found: list[Declaration] = []
        while base is not None and self._text not in (";", ""):
            declared = self._declarator(base)
            if declared is None:
                break
            place, name, type_ = declared
            value = self._initialiser(type_) if self._accept("=") else None
            found.append(Declaration(place, name, type_, value, external, static))
            if not self._accept(","):
                break
        return found

    def type_name(self) -> Type:
        """A type without a variable, as casts and typedefs have it."""
        base = self._specifiers() or UNKNOWN
        return self._abstract(base)

    def braces(self, type_: Type) -> Braces:
        """An initialiser list."""
        opened = self._expect("{")
        items: list[Item] = []
        while self._text not in ("}", ""):
            items.append(self._deeper(lambda: self._item(type_)))
            if not self._accept(","):
                break
        self._expect("}")
        return Braces(opened.place, type_, tuple(items))

    # -- tokens ------------------------------------------------------------------------------------------------------

    @property
    def _text(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    @property
    def place(self) -> Place:
        """Where the next token stands."""
        if self._at < len(self._tokens):
            return self._tokens[self._at].place
        return self._tokens[-1].place if self._tokens else Place()

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
        matches = self._text == text
        self._at += matches
        return matches

    def _expect(self, text: str) -> Token:
        if self._text != text:
            raise self._error(f"{self._text!r} where {text!r} should stand")
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

    # -- statements --------------------------------------------------------------------------------------------------

    def _statements(self, until: str) -> list[Statement]:
        found: list[Statement] = []
        while self._text != until:
            if self._at >= len(self._tokens):
                raise KernelError("unfinished", f"the text ends where {until!r} should stand", place=self.place)
            found += self._deeper(self._guarded)
        self._expect(until)
        return found

    def _guarded(self) -> list[Statement]:
        """A statement; one that cannot be parsed as a whole is opaque as a whole."""
        start, depth = self._at, self._depth
        try:
            return self._statement()
        except KernelError as wrong:
            if wrong.code != "syntax" or start >= len(self._tokens):
                raise
            self._at, self._depth = start, depth
            return [self._opaque("statement")]

    def _opaque(self, construct: str) -> Opaque:
        """Over the statement, to its semicolon or the end of its block."""
        start, place = self._at, self.place
        while self._text not in (";", "}", ""):
            if self._text in ("(", "[", "{"):
                block = self._text == "{"
                self._skip_group()
                if block and self._text not in (";", ",", ")", "else", "while"):
                    break
            else:
                self._take()
        self._accept(";")
        if self._at == start:
            self._take()
        return opaque(place, construct, self._tokens[start : self._at])

    def _statement(self) -> list[Statement]:
        text, place = self._text, self.place
        if text == "{":
            return [self.block()]
        if text == ";":
            self._take()
            return []
        if text in _STATEMENTS:
            return [_STATEMENTS[text](self)]
        if self._kind() == "name" and self._ahead() == ":":
            self._at += 2
            return [Label(place, text), *([] if self._text == "}" else self._statement())]
        if text in ("asm", "__asm__", "__asm"):
            return [self._assembly()]
        if self._is_declaration():
            found = self.declarations()
            if self._text == "{":
                return [self._opaque("function within a function")]
            self._expect(";")
            return list(found)
        value = self.expression()
        if self._text != ";":
            raise self._error(f"{self._text!r} after an expression at {place}")
        self._take()
        return [value]

    def _one(self) -> Statement:
        """A statement where C wants exactly one."""
        place = self.place
        found = self._deeper(self._guarded)
        return found[0] if len(found) == 1 else Block(place, tuple(found))

    def _if(self) -> Statement:
        place = self._take().place
        self._expect("(")
        condition = self.expression()
        self._expect(")")
        then = self._one()
        otherwise = self._one() if self._accept("else") else None
        return If(place, condition, then, otherwise)

    def _while(self) -> Statement:
        place = self._take().place
        self._expect("(")
        condition = self.expression()
        self._expect(")")
        return Loop(place, None, condition, None, self._one())

    def _do(self) -> Statement:
        place = self._take().place
        body = self._one()
        self._expect("while")
        self._expect("(")
        condition = self.expression()
        self._expect(")")
        self._accept(";")
        return Loop(place, None, condition, None, body, body_first=True)

    def _for(self) -> Statement:
        place = self._take().place
        self._expect("(")
        start = self.place
        before = Block(start, tuple(self._statement()))
        condition = None if self._text == ";" else self.expression()
        self._expect(";")
        step = None if self._text == ")" else self.expression()
        self._expect(")")
        return Loop(place, before, condition, step, self._one())

    def _return(self) -> Statement:
        place = self._take().place
        value = None if self._text == ";" else self.expression()
        self._expect(";")
        return Leave(place, "return", value)

    def _leave(self) -> Statement:
        token = self._take()
        self._expect(";")
        return Leave(token.place, token.text)

    def _goto(self) -> Statement:
        place = self._take().place
        if self._kind() != "name":
            raise self._error("a computed goto")
        label = self._take().text
        self._expect(";")
        return Leave(place, "goto", label=label)

    def _switch(self) -> Statement:
        place = self._take().place
        self._expect("(")
        subject = self.expression()
        self._expect(")")
        return Switch(place, subject, self.block())

    def _case(self) -> Statement:
        token = self._take()
        low = self._conditional() if token.text == "case" else None
        high = self._conditional() if self._accept("...") else None
        self._expect(":")
        return Case(token.place, low, high)

    def _assembly(self) -> Statement:
        """`asm goto` may jump to the labels in its last part."""
        start = self._at
        found = self._opaque("assembly")
        given = self._tokens[start : self._at]
        last = max((at for at, token in enumerate(given) if token.text == ":"), default=0)
        goes = any(token.text == "goto" for token in given[:4])
        labels = tuple(token.text for token in given[last:] if token.kind == "name") if goes else ()
        return replace(found, labels=labels)

    # -- declarations ------------------------------------------------------------------------------------------------

    def _is_declaration(self) -> bool:
        text = self._text
        if (
            text in _QUALIFIERS
            or text in _INTEGERS
            or text in _TAGS
            or text in _TYPEOF
            or text in ("void", "__attribute__")
        ):
            return True
        if text in ("__auto_type", "_Static_assert"):
            return True
        following = self._ahead()
        starts = following == "*" or (following.isidentifier() and following not in ("sizeof",))
        return starts and self._kind() == "name" and self._typedef(text) is not None

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _attributes(self) -> None:
        while self._text in _ATTRIBUTES or self._text in _QUALIFIERS:
            self._take()
            while self._text in ("volatile", "__volatile__", "goto", "inline"):
                self._take()
            if self._text == "(":
                self._skip_group()

    def _specifiers(self) -> Type | None:
        """The type that a declaration begins with; None where it declares no variable."""
        if self._text == "_Static_assert":
            self._take()
            self._skip_group()
            return None
        words: list[str] = []
        found: Type | None = None
        while True:
            self._attributes()
            text = self._text
            if text in _INTEGERS or text == "void":
                words.append(self._take().text)
            elif text in _TAGS:
                found = self._tagged()
            elif text in _TYPEOF:
                self._take()
                found = self._typeof()
            elif text == "__auto_type":
                self._take()
                found = UNKNOWN
            elif not words and found is None and self._kind() == "name" and self._typedef(text) is not None:
                found = self._typedef(self._take().text)
            else:
                break
        return found or integer_type(words)

    def _tagged(self) -> Type:
        tag = self._take().text
        self._attributes()
        name = self._take().text if self._kind() == "name" else ""
        if self._text == "{":
            self._skip_group()
        return Type("int", 32, False, name) if tag == "enum" else Type("struct", name=name)

    def _typeof(self) -> Type:
        start = self._at
        self._take()
        if self._starts_type():
            type_ = self.type_name()
            self._expect(")")
            return type_
        self._at = start
        self._skip_group()
        return UNKNOWN

    def _declarator(self, base: Type) -> tuple[Place, str, Type] | None:
        """Place, name and type; None for a function's prototype and what else is no variable."""
        type_ = base
        self._attributes()
        while self._accept("*"):
            type_ = Type("pointer")
            self._attributes()
        if self._kind() != "name":
            raise self._error(f"{self._text!r} where a name should stand")
        token = self._take()
        if self._text == "(":
            self._skip_group()
            self._attributes()
            return None
        while self._text == "[":
            type_ = Type("array")
            self._skip_group()
        self._attributes()
        self._variables.add(token.text)
        return token.place, token.text, type_

    def _abstract(self, base: Type) -> Type:
        type_ = base
        self._attributes()
        while self._text in ("*", "[") or (self._text == "(" and self._ahead() == "*"):
            if self._text == "*":
                self._take()
            else:
                self._skip_group()
            type_ = Type("pointer")
            self._attributes()
        return type_

    def _initialiser(self, type_: Type) -> Expression:
        return self.braces(type_) if self._text == "{" else self._assignment()

    def _item(self, type_: Type) -> Item:
        place = self.place
        path: list[str | Expression] = []
        while self._text in (".", "["):
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

    # -- expressions -------------------------------------------------------------------------------------------------

    def _assignment(self) -> Expression:
        return self._deeper(self._assigned)

    def _assigned(self) -> Expression:
        left = self._conditional()
        if self._text in _ASSIGNING:
            token = self._take()
            return Assign(token.place, token.text[:-1], left, self._assignment())
        return left

    def _conditional(self) -> Expression:
        condition = self._binary(0)
        if self._text != "?":
            return condition
        place = self._take().place
        chosen = None if self._text == ":" else self.expression()
        self._expect(":")
        return Conditional(place, condition, chosen, self._deeper(self._conditional))

    def _binary(self, lowest: int) -> Expression:
        left = self._deeper(self._unary)
        while BINDING.get(self._text, -1) >= lowest:
            token = self._take()
            right = self._binary(BINDING[token.text] + 1)
            left = Binary(token.place, token.text, left, right)
        return left

    def _unary(self) -> Expression:
        text = self._text
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

    def _starts_type(self, by: int = 0) -> bool:
        text = self._ahead(by)
        if text in _INTEGERS or text in _TAGS or text in _TYPEOF or text in ("void", "const", "volatile", "__force"):
            return True
        at = self._at + by
        return at < len(self._tokens) and self._tokens[at].kind == "name" and self._typedef(text) is not None

    def _cast(self) -> Expression:
        place = self._take().place
        type_ = self.type_name()
        self._expect(")")
        if self._text == "{":
            return self._postfix(self.braces(type_))
        return Cast(place, type_, self._deeper(self._unary))

    def _sizeof(self) -> Expression:
        place = self._take().place
        if self._text == "(" and self._starts_type(1):
            self._take()
            type_ = self.type_name()
            self._expect(")")
            return SizeOf(place, type_)
        return Unary(place, "sizeof", self._deeper(self._unary))

    def _postfix(self, node: Expression) -> Expression:
        while True:
            text, place = self._text, self.place
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
        while self._text != ")":
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
        if token.text == "(" and self._text == "{":
            body = self.block()
            self._expect(")")
            return body
        if token.text == "(":
            inner = self._deeper(self.expression)
            self._expect(")")
            return inner
        self._at -= 1
        raise self._error(f"{token.text!r} where a value should stand")


_STATEMENTS: dict[str, Callable[[Parser], Statement]] = {
    "if": Parser._if,
    "while": Parser._while,
    "do": Parser._do,
    "for": Parser._for,
    "return": Parser._return,
    "break": Parser._leave,
    "continue": Parser._leave,
    "goto": Parser._goto,
    "switch": Parser._switch,
    "case": Parser._case,
    "default": Parser._case,
}


def integer_type(words: Sequence[str]) -> Type | None:
    """The type that words such as `unsigned long` name; None for no words at all. Bits 0 are a machine word."""
    if not words:
        return None
    if "void" in words:
        return Type("void")
    signed = "unsigned" not in words and "_Bool" not in words
    if "__int128" in words:
        return Type("int", 128, signed)
    if "char" in words:
        return Type("int", 8, signed)
    if "_Bool" in words:
        return Type("int", 1, signed)
    if "short" in words:
        return Type("int", 16, signed)
    longs = words.count("long")
    return Type("int", 32 if not longs else 0 if longs == 1 else 64, signed)


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


def opaque(place: Place, construct: str, given: Sequence[Token]) -> Opaque:
    """What is not understood, with its names."""
    names = tuple(dict.fromkeys(token.text for token in given if token.kind == "name"))
    return Opaque(place, construct, written(list(given)), names)
