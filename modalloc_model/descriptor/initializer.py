"""A C initialiser as a tree of items with designators; one pass finds several errors.

Reads `{ [A ... B] = { .member[0] = value, ... }, ... }`. Values stay text, parsed as expressions later. After an error
the parser continues at the next item of the same list.

`#if` and related directives inside a table are decided if their names are known, and refused otherwise, never guessed.
A name is known if a -D or the table's own `define` gives it. For a CONFIG_ option, 0 and n mean that it is not set. The
old GNU form `member: value`, macros from headers, #include and #define inside a table are not supported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modalloc_model.c.arithmetic import literal
from modalloc_model.c.conditions import Branches, value_of
from modalloc_model.c.expressions import constant_expression
from modalloc_model.c.syntax import Call, Name
from modalloc_model.c.tokens import CError, Token
from modalloc_model.descriptor.source import Journal, ReadError, Text, excerpt
from modalloc_model.verdict import Problem

_MAX_NESTING = 8
_SHOWN = 80  # characters of the following text in a message
_ASSIGNED = re.compile(r"\s*=(?!=)")


@dataclass(frozen=True)
class Designator:
    """`.member`, `[first]` or `[first ... last]`."""

    start: int
    member: str = ""
    first: Text | None = None
    last: Text | None = None


@dataclass(frozen=True)
class InitializerItem:
    """One item of an initialiser list: `value`, the text of an expression, or `inner`, a list."""

    designators: tuple[Designator, ...]
    start: int
    value: Text | None = None
    inner: InitializerList | None = None

    @property
    def is_closed(self) -> bool:
        """Whether its list, if any, was closed."""
        return self.inner is None or self.inner.closed


@dataclass(frozen=True)
class InitializerList:
    """`{ ... }` with its span [start, end). `closed`: its brace was found."""

    items: tuple[InitializerItem, ...]
    start: int
    end: int
    closed: bool = True


class InitializerParser:
    """Reads one initialiser from a stream of tokens whose offsets count in `text`."""

    def __init__(self, text: Text, stream: Iterator[Token], journal: Journal) -> None:
        self._text = text
        self._stream = stream
        self._journal = journal
        self._end = Token("end", "", start=len(text.text))
        self._token = next(stream, self._end)
        self._previous = self._token

    @property
    def following(self) -> Token:
        """The token after the parsed text."""
        return self._token

    def braces(self, nesting: int = 0) -> InitializerList:
        """The list at the current token, an opening brace."""
        opened = self._take()
        items: list[InitializerItem] = []
        closed = False
        while self._token.kind != "end" and not self._stops(items, nesting):
            if self._is("}"):
                self._take()
                closed = True
                break
            self._one(items, nesting)
        return InitializerList(tuple(items), opened.start, self._previous.end, closed)

    def _stops(self, items: list[InitializerItem], nesting: int) -> bool:
        """Whether the list ends without its brace, which is reported."""
        ended = self._is(";") or (nesting > 0 and self._is("[") and any(map(_is_member, items[-1:])))
        if ended:
            shown = f"before {self._token.text!r}: {excerpt(self._ahead())!r}"
            message = f"a closing brace is missing {shown}"
            self._error(self._token.start, "missing-brace", message, "close the list with }")
        return ended

    def _ahead(self) -> str:
        return self._text.text[self._token.start : self._token.start + _SHOWN].split("\n", 1)[0]

    def _one(self, items: list[InitializerItem], nesting: int) -> None:
        if self._is(","):
            self._error(self._token.start, "unexpected", "a comma with no value before it")
            self._take()
            return
        item = self._item(nesting)
        if item:
            items.append(item)
        self._separator(item)

    def _separator(self, item: InitializerItem | None) -> None:
        if self._is(","):
            self._take()
        elif (
            (item is None and self._previous.text == ",")
            or self._is("}")
            or self._token.kind == "end"
            or self._is(";")
            or (item and not item.is_closed)
        ):
            return
        elif item and (self._begins_item() or self._is("{")):
            after = f"after {excerpt(self._text.text[item.start : self._previous.end], 50)!r}"
            self._error(self._previous.end, "missing-comma", f"a comma is missing {after}")
        else:
            self._unexpected()
            self._skip_item()

    def _item(self, nesting: int) -> InitializerItem | None:
        start = self._token.start
        designators = self._designators()
        if designators is None:
            return None
        if designators and not self._accept("="):
            self._error(self._token.start, "missing-equals", f"'=' is missing before {self._token_text()}")
            self._skip_item()
            return None
        if not designators and self._is_bare_field():
            return None
        if self._is("{"):
            return self._list(designators, start, nesting)
        return self._plain(designators, start, nesting)

    def _list(self, designators: tuple[Designator, ...], start: int, nesting: int) -> InitializerItem | None:
        if nesting < _MAX_NESTING:
            return InitializerItem(designators, start, inner=self.braces(nesting + 1))
        self._error(self._token.start, "too-deep", f"lists nested deeper than {_MAX_NESTING} levels")
        self._end = self._token = Token("end", "", start=self._token.start)
        self._stream = iter(())  # no table is like this: stop here
        return None

    def _is_bare_field(self) -> bool:
        """Whether `member = value` stands for `.member = value`, which is reported."""
        if self._token.kind != "name":
            return False
        name = self._token
        if not _ASSIGNED.match(self._text.text, name.end):
            return False
        message = f"{name.text!r} is a field: a dot is missing before it"
        self._error(name.start, "missing-dot", message, f"write .{name.text}")
        self._skip_item()
        return True

    def _designators(self) -> tuple[Designator, ...] | None:
        found: list[Designator] = []
        while self._is(".") or self._is("["):
            designator = self._member() if self._is(".") else self._index()
            if designator is None:
                self._skip_item()
                return None
            found.append(designator)
        return tuple(found)

    def _member(self) -> Designator | None:
        dot = self._take()
        if self._token.kind != "name":
            self._error(dot.start, "unexpected", f"a field's name is missing after '.', before {self._token_text()}")
            return None
        return Designator(dot.start, self._take().text)

    def _index(self) -> Designator | None:
        opened = self._take()
        first = self._until("...", "]")
        last = None
        if self._is("..."):
            self._range_spacing()
            self._take()
            last = self._until("]")
        if not self._accept("]"):
            self._error(opened.start, "unexpected", f"']' is missing after '[', before {self._token_text()}")
            return None
        return Designator(opened.start, first=first, last=last)

    def _range_spacing(self) -> None:
        dots = self._token.start
        if self._text.text[dots - 1 : dots].isdigit():
            hint = "write a space before the dots"
            self._error(dots, "unexpected", "C reads a number and the dots that touch it as one token", hint)

    def _until(self, *ends: str) -> Text:
        """The text up to one of the ends, or to a token that cannot stand in an index."""
        start = self._token.start
        while self._token.kind != "end" and not any(self._is(end) for end in (*ends, "{", "}", ";", "=")):
            self._take()
        return self._slice(start, max(start, self._previous.end))

    def _plain(self, designators: tuple[Designator, ...], start: int, nesting: int) -> InitializerItem | None:
        """An expression, up to a comma or brace outside parentheses, or to the apparent start of the next item."""
        begin = self._token.start
        opened: list[Token] = []
        while self._token.kind != "end" and not self._ends_value(len(opened), begin):
            if self._is("{"):  # a compound literal: its type precedes the brace
                return self._list(designators, start, nesting)
            if self._is("("):
                opened.append(self._token)
            elif self._is(")") and opened:
                opened.pop()
            self._take()
        if opened and self._previous.text == ",":
            self._error(opened[-1].start, "missing-parenthesis", "the parenthesis opened here is not closed")
            return None
        end = max(begin, self._previous.end) if self._token.start > begin else begin
        return InitializerItem(designators, start, self._slice(begin, end))

    def _ends_value(self, depth: int, begin: int) -> bool:
        if self._is("}") or self._is(";"):
            return True
        after_something = self._token.start > begin
        return (depth == 0 and self._is(",")) or (after_something and self._begins_item())

    def _begins_item(self) -> bool:
        """Whether the token starts a designator on a new line, or one that cannot continue an expression."""
        if self._is("["):
            return True
        return self._is(".") and self._previous.text != "."

    def _skip_item(self) -> None:
        depth = 0
        while self._token.kind != "end" and not self._is(";"):
            if depth == 0 and (self._is(",") or self._is("}")):
                return
            depth += self._is("{") - self._is("}")
            self._take()

    def _take(self) -> Token:
        self._previous = self._token
        self._token = next(self._stream, self._end)
        return self._previous

    def _is(self, text: str) -> bool:
        return self._token.kind == "op" and self._token.text == text

    def _accept(self, text: str) -> bool:
        found = self._is(text)
        if found:
            self._take()
        return found

    def _slice(self, start: int, end: int) -> Text:
        return Text(self._text.text[start:end], self._text.source, self._text.offset + start)

    def _token_text(self) -> str:
        return repr(excerpt(self._token.text)) if self._token.kind != "end" else "the end of the table"

    def _unexpected(self) -> None:
        message = f"unexpected {self._token_text()}, where a comma or a brace should stand"
        self._error(self._token.start, "unexpected", message)

    def _error(self, start: int, code: str, message: str, hint: str = "") -> None:
        self._journal.error(self._text.at(start), code, message, hint)


def _is_member(item: InitializerItem) -> bool:
    return bool(item.designators) and bool(item.designators[0].member)


_LINE = re.compile(r"#\s*(\w*)\s*(.*)", re.DOTALL)
_QUESTIONS = ("defined", "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE")
_OF_BRANCHES = ("elif", "elifdef", "elifndef", "else", "endif")
_IGNORED = ("pragma", "line", "warning", "ident", "")


class Conditionals:
    """Passes on the tokens that a compiler would see."""

    def __init__(self, text: Text, defines: Mapping[str, str], journal: Journal) -> None:
        self._text = text
        self._defines = defines
        self._journal = journal
        self._branches = Branches()

    def filter(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The stream without preprocessor lines and without the branches not taken."""
        for token in stream:
            if token.kind == "directive":
                self._directive(token)
            elif self._branches.read:
                yield token

    def _directive(self, token: Token) -> None:
        match = _LINE.match(token.text)
        name, rest = (match[1], match[2]) if match else ("", "")
        if self._branches.follow(name, lambda question: self._decide(token, question, rest)):
            return
        if name in _OF_BRANCHES:
            self._error(token, f"#{name} without an #if in this table")
        elif name not in _IGNORED and self._branches.read:
            self._error(token, f"#{name} inside a table cannot be read", "write the table without it")

    def _decide(self, token: Token, question: str, rest: str) -> bool:
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
        return value_of(node, lambda name: self._number(token, name), lambda call: self._answer(token, call)) != 0

    def _number(self, token: Token, node: Name) -> int:
        found = literal(self._defines.get(node.name, "").strip())
        if found is None:
            raise self._open_question(token, node.name)
        return found.value

    def _answer(self, token: Token, node: Call) -> int:
        function = node.function.name if isinstance(node.function, Name) else ""
        option = node.arguments[0] if len(node.arguments) == 1 else None
        if function not in _QUESTIONS or not isinstance(option, Name):
            raise self._open_question(token, option.name if isinstance(option, Name) else function)
        return int(self._is_set(token, option.name))

    def _is_set(self, token: Token, name: str) -> bool:
        if name not in self._defines:
            raise self._open_question(token, name)
        return not (name.startswith("CONFIG_") and self._defines[name].strip() in ("0", "n"))

    def _open_question(self, token: Token, name: str) -> ReadError:
        message = f"{token.text.splitlines()[0].strip()!r} inside the table: nothing says whether {name or 'it'} holds"
        hint = f"say -D {name}=1 or -D {name}=0" if name else ""
        return ReadError(Problem(self._text.at(token.start), "conditional", message, hint))

    def _error(self, token: Token, message: str, hint: str = "", code: str = "conditional") -> None:
        self._journal.error(self._text.at(token.start), code, message, hint)
