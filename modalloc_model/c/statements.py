"""C's statements and declarations: recursive descent over tokens with expanded macros.

Computed goto and nested functions become Opaque nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import takewhile

from modalloc_model.c import syntax as c
from modalloc_model.c.cursor import SYNTAX, Cursor
from modalloc_model.c.declarators import Declarators
from modalloc_model.c.expressions import Expressions
from modalloc_model.c.tokens import CError, Token

_MAX_NESTING = 90  # levels of nested blocks and expressions
_MAX_HEIGHT = 250  # levels of one expression's tree; a long sum has that many

_HEAD = 6  # tokens of a declaration among which its storage class stands


class Parser:
    """Reads a function's body, a declaration, a type or an expression.

    `typedef` gives the type that a name stands for, or None; `variables` are names that hide types.
    """

    def __init__(
        self, given: Sequence[Token], typedef: Callable[[str], c.Type | None], variables: Iterable[str] = ()
    ) -> None:
        self._cursor = Cursor(given, _MAX_NESTING, _MAX_HEIGHT)
        self._types = Declarators(self._cursor, typedef, variables)
        self._expressions = Expressions(self._cursor, self._types, self.block)

    def whole_expression(self) -> c.Expression:
        """An expression with nothing after it."""
        node = self._expressions.expression()
        if self._cursor.token.kind != "end":
            raise self._cursor.unexpected("after an expression")
        return node

    def type_name(self) -> c.Type:
        """A type name without a variable, as in casts and typedefs."""
        return self._types.type_name()

    def declarations(self) -> list[c.Declaration]:
        """The variables of a declaration; none for a typedef or a function's prototype."""
        ahead = takewhile(lambda token: token.text not in (";", "="), self._cursor.following(_HEAD))
        head = {token.text for token in ahead}
        base = self._types.specifiers()
        found: list[c.Declaration] = []
        while base is not None and self._cursor.text not in (";", ""):
            declared = self._types.declarator(base)
            if declared is None:
                break
            place, name, type_ = declared
            value = self._expressions.initialiser(type_) if self._cursor.accept("=") else None
            found.append(c.Declaration(place, name, type_, value, "extern" in head, "static" in head))
            if not self._cursor.accept(","):
                break
        return found

    def block(self) -> c.Block:
        """`{ ... }`, from the brace on."""
        opened = self._cursor.expect("{")
        with self._cursor.deeper():
            statements = tuple(self._statements())
        return c.Block(opened.place, self._cursor.span(opened.start), statements)

    def _statements(self) -> list[c.Statement]:
        found: list[c.Statement] = []
        while self._cursor.text != "}":
            if self._cursor.token.kind == "end":
                message = "the text ends where '}' should stand"
                raise self._cursor.error(self._cursor.token, "unfinished", message)
            found += self._statement_or_opaque()
        self._cursor.expect("}")
        return found

    def _statement_or_opaque(self) -> list[c.Statement]:
        """A statement; one that cannot be parsed becomes an Opaque node as a whole."""
        cursor = self._cursor
        start, level, first = cursor.at, cursor.level, cursor.token
        try:
            with cursor.deeper():
                return self._statement()
        except CError as wrong:
            if wrong.code != SYNTAX or first.kind == "end":
                raise
            cursor.at, cursor.level = start, level
            return [cursor.opaque("statement")]

    def _statement(self) -> list[c.Statement]:
        cursor, token = self._cursor, self._cursor.token
        if token.text == "{":
            return [self.block()]
        if cursor.accept(";"):
            return []
        if token.text in _STATEMENTS:
            return [_STATEMENTS[token.text](self)]
        if token.kind == "name" and cursor.ahead().text == ":":
            cursor.at += 2
            return [c.Label(token.place, token.text), *([] if cursor.text == "}" else self._statement())]
        if self._types.starts_declaration():
            return self._declaration()
        value = self._expressions.expression()
        if not cursor.accept(";"):
            raise cursor.unexpected(f"after an expression at {token.place}")
        return [value]

    def _declaration(self) -> list[c.Statement]:
        found = self.declarations()
        if self._cursor.text == "{":
            return [self._cursor.opaque("function within a function")]
        self._cursor.expect(";")
        return list(found)

    def _one(self) -> c.Statement:
        """Exactly one statement, as C requires here."""
        token = self._cursor.token
        found = self._statement_or_opaque()
        return found[0] if len(found) == 1 else c.Block(token.place, self._cursor.span(token.start), tuple(found))

    def _in_parentheses(self) -> c.Expression:
        opened = self._cursor.expect("(")
        value = self._expressions.expression()
        self._cursor.expect(")", opened)
        return value

    def _if(self) -> c.Statement:
        place = self._cursor.take().place
        condition = self._in_parentheses()
        then = self._one()
        otherwise = self._one() if self._cursor.accept("else") else None
        return c.If(place, condition, then, otherwise)

    def _while(self) -> c.Statement:
        place = self._cursor.take().place
        condition = self._in_parentheses()
        return c.Loop(place, None, condition, None, self._one())

    def _do(self) -> c.Statement:
        place = self._cursor.take().place
        body = self._one()
        self._cursor.expect("while")
        condition = self._in_parentheses()
        self._cursor.accept(";")
        return c.Loop(place, None, condition, None, body, body_first=True)

    def _for(self) -> c.Statement:
        place = self._cursor.take().place
        self._cursor.expect("(")
        start = self._cursor.token
        before = c.Block(start.place, self._cursor.span(start.start), tuple(self._statement()))
        condition = self._expression_unless(";")
        self._cursor.expect(";")
        step = self._expression_unless(")")
        self._cursor.expect(")")
        return c.Loop(place, before, condition, step, self._one())

    def _expression_unless(self, end: str) -> c.Expression | None:
        return None if self._cursor.text == end else self._expressions.expression()

    def _return(self) -> c.Statement:
        place = self._cursor.take().place
        value = self._expression_unless(";")
        self._cursor.expect(";")
        return c.Leave(place, "return", value)

    def _leave(self) -> c.Statement:
        token = self._cursor.take()
        self._cursor.expect(";")
        return c.Leave(token.place, token.text)

    def _goto(self) -> c.Statement:
        place = self._cursor.take().place
        if self._cursor.token.kind != "name":
            raise self._cursor.unexpected("where the label of a goto should stand")
        label = self._cursor.take().text
        self._cursor.expect(";")
        return c.Leave(place, "goto", label=label)

    def _switch(self) -> c.Statement:
        place = self._cursor.take().place
        subject = self._in_parentheses()
        return c.Switch(place, subject, self.block())

    def _case(self) -> c.Statement:
        token = self._cursor.take()
        low = self._expressions.conditional() if token.text == "case" else None
        high = self._expressions.conditional() if self._cursor.accept("...") else None
        self._cursor.expect(":")
        return c.CaseLabel(token.place, low, high)

    def _assembly(self) -> c.Statement:
        """`asm goto` may jump to the labels in its last part."""
        start = self._cursor.at
        found = self._cursor.opaque("assembly")
        given = self._cursor.since(start)
        last = max((at for at, token in enumerate(given) if token.text == ":"), default=0)
        goes = any(token.text == "goto" for token in given[:4])
        labels = tuple(token.text for token in given[last:] if token.kind == "name") if goes else ()
        return replace(found, labels=labels)


_STATEMENTS: dict[str, Callable[[Parser], c.Statement]] = {
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
    **dict.fromkeys(("asm", "__asm__", "__asm"), Parser._assembly),
}
