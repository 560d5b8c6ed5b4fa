"""C's statements: recursive descent over tokens of which the macros are expanded.

Leaves out: computed goto, functions within functions; each becomes an Opaque.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from modalloc_model.kernel.expressions import Expressions
from modalloc_model.kernel.limits import KernelError
from modalloc_model.kernel.syntax import (
    Block,
    Case,
    If,
    Label,
    Leave,
    Loop,
    Statement,
    Switch,
)


class Parser(Expressions):
    """Reads a function's body."""

    def block(self) -> Block:
        """`{ ... }`, from the brace on."""
        opened = self._expect("{")
        return self._deeper(lambda: Block(opened.place, tuple(self._statements("}"))))

    def _statements(self, until: str) -> list[Statement]:
        found: list[Statement] = []
        while self.text != until:
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

    def _statement(self) -> list[Statement]:
        text, place = self.text, self.place
        if text == "{":
            return [self.block()]
        if text == ";":
            self._take()
            return []
        if text in _STATEMENTS:
            return [_STATEMENTS[text](self)]
        if self._kind() == "name" and self._ahead() == ":":
            self._at += 2
            return [Label(place, text), *([] if self.text == "}" else self._statement())]
        if text in ("asm", "__asm__", "__asm"):
            return [self._assembly()]
        if self._is_declaration():
            found = self.declarations()
            if self.text == "{":
                return [self._opaque("function within a function")]
            self._expect(";")
            return list(found)
        value = self.expression()
        if self.text != ";":
            raise self._error(f"{self.text!r} after an expression at {place}")
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
        condition = None if self.text == ";" else self.expression()
        self._expect(";")
        step = None if self.text == ")" else self.expression()
        self._expect(")")
        return Loop(place, before, condition, step, self._one())

    def _return(self) -> Statement:
        place = self._take().place
        value = None if self.text == ";" else self.expression()
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
