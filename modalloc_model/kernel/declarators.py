"""C's types as they are written: specifiers, declarators, and the variables that a declaration announces.

Leaves out: members of structs, widths of bit-fields, old-style parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from modalloc_model.kernel.cursor import Cursor
from modalloc_model.kernel.syntax import (
    Declaration,
    Expression,
    Type,
)
from modalloc_model.kernel.tokens import Place

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
WORD = Type("int", 0, False)
"""`unsigned long`: bits 0 is the machine's word."""
UNKNOWN = Type("unknown")


class Declarators(Cursor):
    """Reads types and declarations."""

    def expression(self) -> Expression:
        """A whole expression, the comma included."""
        raise NotImplementedError

    def _initialiser(self, type_: Type) -> Expression:
        """What a variable of the type begins with."""
        raise NotImplementedError

    def declarations(self) -> list[Declaration]:
        """The variables that one declaration announces; nothing for a typedef or a function's prototype."""
        ahead = takewhile(lambda token: token.text not in (";", "="), self._tokens[self._at : self._at + 6])
        head = {token.text for token in ahead}
        external, static = "extern" in head, "static" in head
        base = self._specifiers()
        found: list[Declaration] = []
        while base is not None and self.text not in (";", ""):
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

    def _is_declaration(self) -> bool:
        text = self.text
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

    def _attributes(self) -> None:
        while self.text in _ATTRIBUTES or self.text in _QUALIFIERS:
            self._take()
            while self.text in ("volatile", "__volatile__", "goto", "inline"):
                self._take()
            if self.text == "(":
                self._skip_group()

    def _specifiers(self) -> Type | None:
        """The type that a declaration begins with; None where it declares no variable."""
        if self.text == "_Static_assert":
            self._take()
            self._skip_group()
            return None
        words: list[str] = []
        found: Type | None = None
        while True:
            self._attributes()
            text = self.text
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
        if self.text == "{":
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
            raise self._error(f"{self.text!r} where a name should stand")
        token = self._take()
        if self.text == "(":
            self._skip_group()
            self._attributes()
            return None
        while self.text == "[":
            type_ = Type("array")
            self._skip_group()
        self._attributes()
        self._variables.add(token.text)
        return token.place, token.text, type_

    def _abstract(self, base: Type) -> Type:
        type_ = base
        self._attributes()
        while self.text in ("*", "[") or (self.text == "(" and self._ahead() == "*"):
            if self.text == "*":
                self._take()
            else:
                self._skip_group()
            type_ = Type("pointer")
            self._attributes()
        return type_

    def _starts_type(self, by: int = 0) -> bool:
        text = self._ahead(by)
        if text in _INTEGERS or text in _TAGS or text in _TYPEOF or text in ("void", "const", "volatile", "__force"):
            return True
        at = self._at + by
        return at < len(self._tokens) and self._tokens[at].kind == "name" and self._typedef(text) is not None


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
