"""A preprocessed file as declarations by name: functions, variables, enumerators, types, macros.

Declarations are parsed on demand: of some hundred thousand lines, a table needs a hundred. Text with expanded macros
(from a compiler) and text with macros (:mod:`.preprocessor`) are read alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from modalloc_model.c.declarators import well_known
from modalloc_model.c.macros import Expander, Macro, define
from modalloc_model.c.statements import Parser
from modalloc_model.c.syntax import Block, Declaration, Expression, Type
from modalloc_model.c.tokens import CError, SourceLine, Token, group, parts, tokens
from modalloc_model.kernel.tree import KernelError

_MAX_LOOKING = 20_000_000
"""The limit of work for finding names in one text: visited places, and characters scanned at them. Seconds."""


_MARKER = re.compile(r'^#[ \t]*(?:line[ \t]+)?(\d+)[ \t]+"([^"\n]*)"[^\n]*$', re.MULTILINE)
_DEFINITION = re.compile(r"^#[ \t]*(define|undef)[ \t]+((?:[^\n\\]|\\.)*)", re.MULTILINE | re.DOTALL)
_ATTRIBUTES = re.compile(
    r"\s*+(?:(?:__attribute__\s*+\(\((?>[^;{}]*?\)\))|\w++|\([^();{}]*+\))\s*+)*+\{"  # possessive: no backtracking
)
_OPENED = re.compile(r"\s*\(")
_ENDED = re.compile(r"\s*[,=}#]")
_ENUM = re.compile(r"\benum\s*\w*\s*\Z")
_TYPEDEF = re.compile(r"[ \t]*(?:__extension__[ \t]+)?typedef\b([^;{}\n]*[\s*])")
_TYPEDEF_END = re.compile(r"\s*+(?:\[[^\];]*+\])?+\s*+(?:__\w++\s*+(?:\(\((?>[^;{}]*?\)\)))?+\s*+)*+;")
_BRACED = re.compile(r"\btypedef\s+(struct|union|enum)\b[^;{}]*\{([^{}]*)\}[^;{}]*\Z")
_WRITTEN = re.compile(r"\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)|\s*(?:\+\+|--)|(?:\.\w+|\[[^\]]*\])+\s*=(?!=)")
_CALLED = re.compile(r"(\w*)\s*\Z")
_VARIABLE = re.compile(r"[A-Za-z_][^;{}()=]*")
_HEAD = re.compile(r"(?:[A-Za-z_][^;{}=#]*[\s*)])?")
_MAX_SIGNATURE = 4000
_COST_OF_PARSING = 2000
_MAX_BODY = 200_000
_MAX_DECLARATION = 4000

T = TypeVar("T")
Enumerators: TypeAlias = tuple[tuple[str, Expression | None], ...]


@dataclass(frozen=True)
class Function:
    """A function with a body; `parameters` by name and type."""

    name: str
    place: SourceLine
    parameters: tuple[tuple[str, Type], ...]
    body: Block
    result: Type


class Program:
    """The declarations of a preprocessed text."""

    def __init__(self, text: str, macros: dict[str, Macro] | None = None) -> None:
        self._text = text
        self.macros = macros if macros is not None else _definitions(text)
        self._expander = Expander(self.macros)
        self._functions: dict[str, Function | None] = {}
        self._variables: dict[str, Declaration | None] = {}
        self._work = 0
        self._members: dict[str, Type] = {}
        self._writers: dict[str, set[str]] = {}
        self._types: dict[str, Type | None] = {}
        self._enumerators: dict[str, Enumerators | None] = {}

    # -- interface ---------------------------------------------------------------------------------------------------

    def function(self, name: str) -> Function | None:
        """The function of that name; None if the text has no body for it."""
        return _memoize(self._functions, name, lambda: self._find_function(name))

    def variable(self, name: str) -> Declaration | None:
        """The file's variable of that name: its definition if there is one."""
        return _memoize(self._variables, name, lambda: self._find_variable(name))

    def typedef(self, name: str) -> Type | None:
        """The type that a name stands for; None if it is no type."""
        return _memoize(self._types, name, lambda: self._find_type(name))

    def writers(self, name: str) -> set[str]:
        """The functions that assign to the file's variable, or take its address."""
        if name not in self._writers:
            found = (self._around(at) for at, _ in self._mentions(name) if _WRITTEN.match(self._text, at + len(name)))
            addressed = (self._around(at) for at, _ in self._mentions(name) if self._text[at - 1 : at] == "&")
            self._writers[name] = {writer for writer in (*found, *addressed) if writer}
        return self._writers[name]

    def _around(self, at: int) -> str:
        """The name of the function around an offset; "" at file level, or in a macro."""
        brace = self._text.rfind("\n{", 0, at)
        if brace < 0 or self._text.find("\n}", brace, at) >= 0:
            return ""
        return _function_before(self._text[max(0, brace - _MAX_SIGNATURE) : brace])

    def enumerator(self, name: str) -> Enumerators | None:
        """The enumerators up to that name with their values, if they have one; None if it is no enumerator."""
        return _memoize(self._enumerators, name, lambda: self._find_enumerator(name))

    def defines(self, name: str) -> bool:
        """Whether the text has a macro or an enumerator of that name."""
        return name in self.macros or self.enumerator(name) is not None

    def member(self, name: str) -> Type | None:
        """The type of a struct's only member; None if it has several, or is unknown."""
        return self._members.get(name) if self.typedef(name) else None

    def expression(self, text: str, place: SourceLine | None = None) -> Expression:
        """An expression in the scope of the text, macros expanded. CError if it is malformed."""
        expanded = self._expander.expand(tokens(text, place or SourceLine(text[:40], 0)))
        return Parser(expanded, self.typedef).whole_expression()

    def place(self, offset: int) -> SourceLine:
        """The place in the kernel's source of the character at an offset."""
        marker = None
        at = self._text.rfind("\n#", 0, max(offset, 0) + 1)
        while at >= 0 or marker is None:
            marker = _MARKER.match(self._text, at + 1 if at >= 0 else 0)
            if marker or at < 0:
                break
            at = self._text.rfind("\n#", 0, at)
        if marker is None:
            return SourceLine("", self._text.count("\n", 0, offset) + 1)
        return SourceLine(marker[2], int(marker[1]) - 1 + self._text.count("\n", marker.end(), offset))

    def without(self, names: AbstractSet[str]) -> Program:
        """The same text in which these macros are not expanded."""
        return Program(self._text, {name: macro for name, macro in self.macros.items() if name not in names})

    # -- functions ---------------------------------------------------------------------------------------------------

    def _find_function(self, name: str) -> Function | None:
        for at, line in self._mentions(name):
            opened = _OPENED.match(self._text, at + len(name))
            if opened is None or not _HEAD.fullmatch(self._text, line, at):
                continue
            closed = _closing(self._text, opened.end() - 1, _MAX_SIGNATURE)
            self._spend(name, (closed or opened.end() + _MAX_SIGNATURE) - opened.end())
            body = _ATTRIBUTES.match(self._text, closed, closed + _MAX_SIGNATURE) if closed else None
            if body:
                return self._function(name, _line_start(self._text, line), body.end() - 1)
        return None

    def _function(self, name: str, start: int, brace: int) -> Function:
        place = self.place(start)
        head = self._expander.expand(tokens(self._text[start:brace], place))
        body = self._expander.expand(self._group(brace))
        at = next(i for i, token in enumerate(head) if token.text == name)
        result = Parser(head[:at], self.typedef).type_name() if at else Type("void")
        parameters = self._parameters(group(head[at + 1 :])[1:-1])
        block = Parser(body, self.typedef, (name for name, _ in parameters)).block()
        return Function(name, head[at].place, parameters, block, result)

    def _parameters(self, given: list[Token]) -> tuple[tuple[str, Type], ...]:
        found = (self._parameter(part) for part in parts(given) if part)
        return tuple(one for one in found if one)

    def _parameter(self, given: list[Token]) -> tuple[str, Type] | None:
        declared = Parser([*given, Token("op", ";", given[-1].place)], self.typedef)
        try:
            found = declared.declarations()
        except CError:
            return None
        return (found[0].name, found[0].type) if found else None

    def _group(self, brace: int) -> list[Token]:
        """The tokens from a brace to the one that closes it."""
        found = group(tokens(self._text[brace : brace + _MAX_BODY], self.place(brace)))
        if found[-1].text == "}":
            return found
        raise KernelError("syntax", "an unclosed brace", place=self.place(brace))

    # -- variables, enumerators, types -------------------------------------------------------------------------------

    def _find_variable(self, name: str) -> Declaration | None:
        best: Declaration | None = None
        for at, line in self._mentions(name):
            found = self._declaration(name, line) if _VARIABLE.fullmatch(self._text, line, at) else None
            if found and not found.external:
                return found
            best = best or found
        return best

    def _declaration(self, name: str, start: int) -> Declaration | None:
        end = self._text.find(";", start, start + _MAX_DECLARATION)
        if end < 0 or self._text.startswith("typedef", start):
            return None
        self._spend(name, _COST_OF_PARSING + end - start)
        given = self._expander.expand(tokens(self._text[start : end + 1], self.place(start)))
        try:
            declared = Parser(given, self.typedef).declarations()
        except CError:
            return None
        return next((one for one in declared if one.name == name), None)

    def _find_enumerator(self, name: str) -> Enumerators | None:
        for at, _ in self._mentions(name):
            brace = self._text.rfind("{", max(0, at - _MAX_BODY), at)
            between = self._text[brace + 1 : at] if brace >= 0 else ";"
            if ";" in between or "}" in between or not _ENDED.match(self._text, at + len(name)):
                continue
            if _ENUM.search(self._text, max(0, brace - 200), brace):
                return self._enumerators_to(name, brace)
        return None

    def _enumerators_to(self, name: str, brace: int) -> Enumerators | None:
        given = self._expander.expand(self._group(brace))
        found: list[tuple[str, Expression | None]] = []
        for part in parts(given[1:-1]):
            value = Parser(part[2:], self.typedef).whole_expression() if part[1:2] and part[1].text == "=" else None
            found.append((part[0].text, value))
            if part[0].text == name:
                return tuple(found)
        return None

    def _find_type(self, name: str) -> Type | None:
        if not name.isidentifier() or name in self.macros:
            return None
        if built_in := well_known(name):
            return built_in
        for at, line in self._mentions(name):
            simple = _TYPEDEF.match(self._text, line, at)
            if simple and simple.end() == at and _TYPEDEF_END.match(self._text, at + len(name)):
                self._types[name] = Type("unknown", name=name)  # a cyclic type ends here
                return self._named_type(name, simple[1])
            braced = _BRACED.search(self._text, max(0, at - _MAX_DECLARATION), at)
            if braced and _TYPEDEF_END.match(self._text, at + len(name)):
                return Type("int", 32, False, name) if braced[1] == "enum" else self._struct(name, braced[2])
        return None

    def _named_type(self, name: str, text: str) -> Type:
        given = self._expander.expand(tokens(text))
        try:
            found = Parser(given, self.typedef).type_name()
        except CError:
            return Type("unknown", name=name)
        return found

    def _spend(self, name: str, work: int) -> None:
        """Counts work; KernelError beyond the limit."""
        self._work += work
        if self._work > _MAX_LOOKING:
            message = f"looking up {name!r} takes too long: the text is not a preprocessed kernel file"
            raise KernelError("too-large", message)

    def _struct(self, name: str, body: str) -> Type:
        """A struct; its member is kept if it is the only one, as in pgprot_t."""
        given = self._expander.expand(tokens(body))
        declared = Parser(given, self.typedef).declarations() if body.count(";") == 1 else []
        if len(declared) == 1:
            self._members[name] = declared[0].type
        return Type("struct", name=name)

    def _mentions(self, name: str) -> Iterator[tuple[int, int]]:
        """The occurrences of the name as a whole word, and the start of their lines."""
        at = self._text.find(name)
        while at >= 0:
            self._spend(name, 1)
            before, after = self._text[at - 1 : at], self._text[at + len(name) : at + len(name) + 1]
            if not _is_word(before) and not _is_word(after):
                yield at, self._text.rfind("\n", 0, at) + 1
            at = self._text.find(name, at + len(name))


def _function_before(head: str) -> str:
    """The name before the last parentheses that belong to no attribute; "?" if there are none."""
    head = head.rstrip()
    while head.endswith(")"):
        depth, at = 0, len(head)
        while at > 0:
            at -= 1
            depth += (head[at] == ")") - (head[at] == "(")
            if depth == 0:
                break
        match = _CALLED.search(head, 0, at)
        if match and match[1] and not match[1].startswith("__attribute"):
            return match[1]
        head = head[: match.start() if match else 0].rstrip()
    return "?"


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _definitions(text: str) -> dict[str, Macro]:
    """The macros that a compiler run with -dD left in preprocessed text."""
    found: dict[str, Macro] = {}
    for match in _DEFINITION.finditer(text):
        if match[1] == "undef":
            found.pop(match[2].strip(), None)
        elif macro := define(match[2], SourceLine()):
            found[macro.name] = macro
    return found


def _memoize(known: dict[str, T | None], name: str, find: Callable[[], T | None]) -> T | None:
    if name not in known:
        known[name] = None
        known[name] = find()
    return known[name]


def _closing(text: str, at: int, most: int) -> int | None:
    """The offset after the parenthesis that closes the one at `at`."""
    depth = 0
    for offset in range(at, min(len(text), at + most)):
        depth += (text[offset] == "(") - (text[offset] == ")")
        if depth == 0:
            return offset + 1
    return None


def _line_start(text: str, at: int) -> int:
    """The start of the declaration; its return type may stand in the line above."""
    start = text.rfind("\n", 0, at) + 1
    above = text.rfind("\n", 0, start - 1) + 1
    line = text[above : start - 1].strip() if start else ""
    whole = not line or line.startswith(("#", "//")) or line.endswith((";", "}", "{", ",", "/"))
    return start if whole else above
