"""C's types: specifiers and declarators.

The caller decides whether a name is a type. Members of structs, widths of bit-fields and old-style parameters are not
read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from modalloc_model.c.cursor import Cursor
from modalloc_model.c.syntax import Type
from modalloc_model.c.tokens import SourceLine

QUALIFIERS = frozenset({
    "const", "volatile", "static", "extern", "inline", "register", "auto", "restrict", "__restrict", "__extension__",
    "__inline", "__inline__", "__const", "__volatile__", "__signed__", "_Noreturn", "__always_inline", "__thread",
})  # fmt: skip
_ATTRIBUTES = frozenset({"__attribute__", "__attribute", "asm", "__asm__", "__asm", "_Alignas", "__declspec"})
_INTEGERS = frozenset({"unsigned", "signed", "int", "long", "char", "short", "_Bool", "__int128"})
_TAGS = frozenset({"struct", "union", "enum"})
_TYPEOF = frozenset({"typeof", "__typeof__", "__typeof", "__typeof_unqual__", "typeof_unqual"})
_SIZED = re.compile(r"_*([us])(8|16|32|64)|(u?)int(8|16|32|64)_t")
_SIGNED_WORDS = ("ssize_t", "intptr_t", "ptrdiff_t")
_UNSIGNED_WORDS = ("size_t", "uintptr_t", "__kernel_size_t", "ulong")
UNKNOWN = Type("unknown")


class Declarators:
    """Reads types. `typedef` gives the type that a name stands for, or None; `variables` hide types.

    Without `tags`, structs, unions and enumerations are no types: constant expressions have only integers.
    """

    def __init__(
        self, cursor: Cursor, typedef: Callable[[str], Type | None], variables: Iterable[str] = (), tags: bool = True
    ) -> None:
        self._cursor = cursor
        self._typedef = typedef
        self._variables = set(variables)
        self._tags = _TAGS | _TYPEOF if tags else frozenset[str]()

    def type_name(self) -> Type:
        """A type name without a variable, as in casts and typedefs."""
        return self._abstract(self.specifiers() or UNKNOWN)

    def starts_type(self, by: int = 0) -> bool:
        """Whether a type name begins `count` tokens after the next."""
        token = self._cursor.ahead(by)
        known = token.text in _INTEGERS or token.text in ("void", "const", "volatile", "__force")
        return known or token.text in self._tags or (token.kind == "name" and self._type_of(token.text) is not None)

    def starts_declaration(self) -> bool:
        """Whether a declaration begins with the next token."""
        token, following = self._cursor.token, self._cursor.ahead().text
        if any(token.text in words for words in (QUALIFIERS, _INTEGERS, _TAGS, _TYPEOF)):
            return True
        if token.text in ("void", "__attribute__", "__auto_type", "_Static_assert"):
            return True
        names_variable = following == "*" or (following.isidentifier() and following != "sizeof")
        return names_variable and token.kind == "name" and self._type_of(token.text) is not None

    def specifiers(self) -> Type | None:
        """The type at the start of a declaration; None if it declares no variable."""
        if self._cursor.accept("_Static_assert"):
            self._cursor.skip_group()
            return None
        words: list[str] = []
        found: Type | None = None
        while True:
            self._attributes()
            token = self._cursor.token
            if token.text in _INTEGERS or token.text == "void":
                words.append(self._cursor.take().text)
            elif (special := self._special(token.text)) is not None:
                found = special
            elif not words and found is None and token.kind == "name" and self._type_of(token.text) is not None:
                found = self._type_of(self._cursor.take().text)
            else:
                return found or integer_type(words)

    def declarator(self, base: Type) -> tuple[SourceLine, str, Type] | None:
        """Place, name and type; None for a function's prototype and other declarators without a variable."""
        cursor, type_ = self._cursor, base
        self._attributes()
        while cursor.accept("*"):
            type_ = Type("pointer")
            self._attributes()
        if cursor.token.kind != "name":
            raise cursor.unexpected("where a name should stand")
        token = cursor.take()
        if cursor.text == "(":
            cursor.skip_group()
            self._attributes()
            return None
        while cursor.text == "[":
            type_ = Type("array")
            cursor.skip_group()
        self._attributes()
        self._variables.add(token.text)
        return token.place, token.text, type_

    def _type_of(self, name: str) -> Type | None:
        return None if name in self._variables else self._typedef(name)

    def _attributes(self) -> None:
        while self._cursor.text in _ATTRIBUTES or self._cursor.text in QUALIFIERS:
            self._cursor.take()
            while self._cursor.text in ("volatile", "__volatile__", "goto", "inline"):
                self._cursor.take()
            if self._cursor.text == "(":
                self._cursor.skip_group()

    def _special(self, text: str) -> Type | None:
        """The type that starts with a tag, typeof or __auto_type; None for another word."""
        if text not in self._tags and text != "__auto_type":
            return None
        self._cursor.take()
        if text in _TAGS:
            return self._tag(text)
        return self._typeof() if text in _TYPEOF else UNKNOWN

    def _tag(self, tag: str) -> Type:
        self._attributes()
        name = self._cursor.take().text if self._cursor.token.kind == "name" else ""
        if self._cursor.text == "{":
            self._cursor.skip_group()
        return Type("int", 32, False, name) if tag == "enum" else Type("struct", name=name)

    def _typeof(self) -> Type:
        start = self._cursor.at
        self._cursor.take()
        if self.starts_type():
            type_ = self.type_name()
            self._cursor.expect(")")
            return type_
        self._cursor.at = start
        self._cursor.skip_group()
        return UNKNOWN

    def _abstract(self, base: Type) -> Type:
        cursor, type_ = self._cursor, base
        self._attributes()
        while cursor.text in ("*", "[") or (cursor.text == "(" and cursor.ahead().text == "*"):
            if not cursor.accept("*"):
                cursor.skip_group()
            type_ = Type("pointer")
            self._attributes()
        return type_


def integer_type(words: Sequence[str]) -> Type | None:
    """The type of words such as `unsigned long`; None for no words. Bits 0 are a machine word."""
    if not words:
        return None
    if "void" in words:
        return Type("void")
    signed = "unsigned" not in words and "_Bool" not in words
    named = {"__int128": 128, "char": 8, "_Bool": 1, "short": 16}
    bits = next((bits for word, bits in named.items() if word in words), None)
    if bits is None:
        bits = {0: 32, 1: 0}.get(words.count("long"), 64)
    return Type("int", bits, signed)


def well_known(name: str) -> Type | None:
    """The type of a name that every kernel has, such as u64, uint8_t or size_t; None for another name."""
    if match := _SIZED.fullmatch(name):
        signed = match[1] == "s" if match[1] else not match[3]
        return Type("int", int(match[2] or match[4]), signed, name)
    if name in _SIGNED_WORDS or name in _UNSIGNED_WORDS:
        return Type("int", 0, name in _SIGNED_WORDS, name)
    return {"bool": Type("int", 1), "uint": Type("int", 32)}.get(name)
