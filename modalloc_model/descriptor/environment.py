"""The meaning of names and operators in an expression: symbols, macros of the kernel, W-bit arithmetic.

A symbol's value is computed once, on demand; a cyclic symbol is an error. A value that the boot decides stays a term.
The kernel's macros follow include/linux/{align,math,minmax,bits,sizes}.h and include/uapi/linux/const.h of Linux 6.12.
Macros with side effects, min_t() and similar ones are not supported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from modalloc_model.c import syntax as c
from modalloc_model.c.arithmetic import CInteger, Literal, unary
from modalloc_model.c.declarators import well_known
from modalloc_model.c.expressions import constant_expression
from modalloc_model.c.tokens import CError
from modalloc_model.descriptor.source import Journal, ReadError, Text, excerpt, nearest
from modalloc_model.descriptor.values import (
    BASE,
    CONSTANTS,
    FUNCTIONS,
    MAX_TERM_DEPTH,
    ROUNDING,
    KernelMacro,
    Value,
    arithmetic,
    choose_term,
    from_truth,
    keeps_exact,
    nonzero,
    number,
    page_constant,
    symbolic,
)
from modalloc_model.verdict import Problem
from modalloc_model.words import Term, constant, negate

_MAX_LEVELS = 250
"""Levels of all nested trees under evaluation; keeps recursion within Python's stack."""

_LEVELS_OF_A_SYMBOL = 4
_ENABLED = ("IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE")
_OWN_TYPES = {name: c.Type("int", 0, False, name) for name in ("phys_addr_t", "pgprotval_t")}
"""C's types of addresses and protections, which are as wide as a word."""
_SIZE = re.compile(r"SZ_(\d{1,3})([KMGT]?)")


@dataclass(frozen=True)
class Symbols:
    """The meaning of names. Earlier mappings win: `defines` over `numbers` over `unknowns` over `symbols`."""

    bits: int
    defines: Mapping[str, Text]
    numbers: Mapping[str, int]
    unknowns: Mapping[str, Term]
    symbols: Mapping[str, Text]

    def names(self) -> set[str]:
        """Every name that may stand in an expression, for hints."""
        given = {*self.defines, *self.numbers, *self.unknowns, *self.symbols, *_ENABLED, "SZ_4K", "SZ_2M", "SZ_1G"}
        return given | CONSTANTS | FUNCTIONS.keys() | ROUNDING.keys()


def parse(text: Text) -> c.Expression:
    """The tree of the whole text; ReadError for a malformed constant expression."""
    try:
        return constant_expression(text.text, lambda name: _OWN_TYPES.get(name) or well_known(name))
    except CError as wrong:
        raise ReadError(Problem(text.at(wrong.start), wrong.code, wrong.message, wrong.hint)) from None


def source_text(text: Text, node: c.Expression) -> str:
    """The text of the node, for a message."""
    return excerpt(text.text[node.span.start : node.span.end])


class Environment:
    """Evaluates expressions over symbols; errors and warnings go to the journal."""

    def __init__(self, symbols: Symbols, journal: Journal) -> None:
        self.symbols = symbols
        self.bits = symbols.bits
        self._journal = journal
        self._known: dict[str, Value | None] = {}
        self._chain: list[str] = []
        self._levels = 0

    def evaluate(self, text: Text) -> Value | None:
        """The value of an expression, with every warning reported; None after an error."""
        before = self._journal.errors
        try:
            value = self._top(text, parse(text))
        except ReadError as found:
            self._journal.add(found.problem)
            return None
        return value if self._journal.errors == before else None

    def _top(self, text: Text, node: c.Expression) -> Value | None:
        levels = node.span.depth + _LEVELS_OF_A_SYMBOL
        if self._levels + levels > _MAX_LEVELS:
            raise ReadError(Problem(text.at(), "too-deep", "too many symbols rest on each other here"))
        self._levels += levels
        try:
            return _Evaluation(self, text).top(node)
        finally:
            self._levels -= levels

    def node(self, text: Text, node: c.Expression) -> Value | None:
        """The value of a parsed part of an expression."""
        try:
            return self._top(text, node)
        except ReadError as found:
            self._journal.add(found.problem)
            return None

    def warn(self, text: Text, node: c.Expression, code: str, message: str, hint: str = "") -> None:
        """Warns about a part of an expression."""
        self._journal.warn(text.at(node.span.start), code, message, hint)

    def enabled(self, name: str) -> bool:
        """Whether a configuration option is set: by -D, to something other than 0 and n."""
        given = self.symbols.defines.get(name)
        return given is not None and given.text.strip() not in ("0", "n", "")

    def symbol(self, name: str) -> Value | None:
        """The value of a symbol; None if it cannot be read (reported before).

        KeyError for an undefined name, ReadError for a cyclic one.
        """
        if name not in self._known:
            self._known[name] = self._look_up(name)
        return self._known[name]

    def _look_up(self, name: str) -> Value | None:
        symbols = self.symbols
        if name in symbols.defines:
            return self._definition(name, symbols.defines[name])
        if name in symbols.numbers:
            return number(symbols.numbers[name], self.bits)
        if name in symbols.unknowns:
            return symbolic(symbols.unknowns[name])
        if name in symbols.symbols:
            return self._definition(name, symbols.symbols[name])
        return self._built_in(name)

    def _definition(self, name: str, text: Text) -> Value | None:
        if name in self._chain:
            circle = " -> ".join([*self._chain[-8:], name])
            raise ReadError(Problem(text.at(), "symbol-cycle", f"{name} rests on itself: {circle}"))
        self._chain.append(name)
        try:
            value = self.evaluate(text)
        finally:
            self._chain.pop()
        typed = value and value.typed and CInteger.of(value.term.value, self.bits, False)
        return replace(value, typed=typed or None, negative=False) if value else None

    def _built_in(self, name: str) -> Value | None:
        if name in CONSTANTS:
            value = self.symbol(BASE[name])
            return page_constant(name, value) if value else None
        if match := _SIZE.fullmatch(name):
            count = int(match[1]) << " KMGT".index(match[2] or " ") * 10
            if count and not count & (count - 1):
                return number(count, self.bits, Literal(count, decimal=False).typed(self.bits))
        raise KeyError(name)


class _Evaluation:
    """One expression under evaluation. A part is None after an error in it, reported before."""

    def __init__(self, environment: Environment, text: Text) -> None:
        self._environment = environment
        self._text = text
        self._bits = environment.bits

    def top(self, node: c.Expression) -> Value | None:
        value = self._value(node)
        return self._settle(node, value) if value else None

    def _value(self, node: c.Expression) -> Value | None:
        value = self._evaluate(node)
        if value is not None and value.depth > MAX_TERM_DEPTH:
            raise self._error(node, "too-deep", f"{self._show(node)} rests on too many operators")
        return value

    def _evaluate(self, node: c.Expression) -> Value | None:
        match node:
            case c.Number():
                return number(node.value, self._bits, node.literal.typed(self._bits))
            case c.Name():
                return self._name(node)
            case c.Unary():
                return self._unary(node)
            case c.Binary():
                return self._binary(node)
            case c.Conditional():
                return self._ternary(node)
            case c.Cast():
                return self._cast(node)
            case c.Call(function=c.Name(name=function)):
                return self._call(node, function, node.arguments)
            case c.SizeOf():
                size = max(node.type.width(self._bits)[0] // 8, 1)
                return number(size, self._bits, CInteger(size, self._bits, False))
            case c.String():
                raise self._error(node, "wrong-kind", f"a string, {self._show(node)}, where a number belongs")
        raise self._error(node, "wrong-kind", f"{self._show(node)} is not a constant expression")

    def _show(self, node: c.Expression) -> str:
        return repr(source_text(self._text, node))

    def _error(self, node: c.Expression, code: str, message: str, hint: str = "") -> ReadError:
        return ReadError(Problem(self._text.at(node.span.start), code, message, hint))

    def _settle(self, node: c.Expression, value: Value) -> Value:
        """The value as a word, with a warning if it differs from the written number."""
        warn = self._environment.warn
        if value.wraps:
            large = value.exact is not None and value.exact.bit_length() > 2 * self._bits
            exact = "a much larger number" if large else f"{value.exact:#x}"
            message = f"{self._show(node)} wraps around at {self._bits} bits: {exact}"
            message += f" becomes {value.term.value:#x}"
            warn(self._text, node, "wraps", message)
        elif value.differs_in_c and value.typed:
            kind = f"{'' if value.typed.signed else 'unsigned '}{value.typed.bits}-bit"
            c_value = value.typed.word(self._bits)
            message = f"{self._show(node)} is {kind} arithmetic in C, which gives {c_value:#x};"
            message += f" read here as {value.term.value:#x}"
            warn(self._text, node, "int-arithmetic", message, "write the constant with the suffix UL")
        return value.settle()

    def _name(self, node: c.Name) -> Value | None:
        try:
            value = self._environment.symbol(node.name)
        except KeyError:
            close = nearest(node.name, self._environment.symbols.names())
            hint = f"{close} Otherwise: " if close else ""
            hint += f"give it a value with -D {node.name}=VALUE"
            raise self._error(node, "unknown-symbol", f"{self._show(node)} has no value", hint) from None
        return value

    def _unary(self, node: c.Unary) -> Value | None:
        operand = node.operand
        if node.operator == "&":  # the address of a linker symbol is the value of its name here
            return self._value(operand) if isinstance(operand, c.Name) else self._refuse_address(node)
        value = self._value(operand)
        if value is None or node.operator == "+":
            return value
        typed = value.typed and unary(node.operator, value.typed)
        if node.operator == "-":
            exact = None if value.exact is None else -value.exact
            return Value(-value.term, exact, typed, True, value.depth + 1)
        value = self._settle(operand, value)
        if node.operator == "!":
            return from_truth(negate(nonzero(value)), self._bits, value)
        typed = value.typed and unary("~", value.typed)
        return replace(symbolic(~value.term), typed=typed, depth=value.depth + 1)

    def _refuse_address(self, node: c.Expression) -> Value:
        message = f"{self._show(node)}: & takes the address of a symbol, or stands between two values"
        raise self._error(node, "unexpected", message)

    def _binary(self, node: c.Binary) -> Value | None:
        left = self._value(node.left)
        if node.operator in ("&&", "||"):
            return self._connective(node, left)
        right = self._value(node.right)
        if left is None or right is None:
            return None
        if not keeps_exact(node.operator):
            left = self._settle(node.left, left)
        if node.operator not in ("+", "-", "*"):
            right = self._settle(node.right, right)
        self._check_right(node, right)
        return arithmetic(node.operator, left, right)

    def _connective(self, node: c.Binary, left: Value | None) -> Value | None:
        if left and left.is_constant and bool(left.term.value) is (node.operator == "||"):
            return number(left.term.value != 0, self._bits)  # C does not evaluate the other side then
        right = self._value(node.right)
        return arithmetic(node.operator, left, right) if left and right else None

    def _check_right(self, node: c.Binary, right: Value) -> None:
        operand = node.right
        if node.operator in ("/", "%") and right.is_constant and not right.term.value:
            raise self._error(operand, "division-by-zero", f"{self._show(node)} divides by zero")
        if node.operator in ("<<", ">>") and right.is_constant and right.term.value >= self._bits:
            message = f"{self._show(node)} shifts a {self._bits}-bit word by {right.term.value}: undefined in C"
            raise self._error(operand, "shift-too-wide", message)
        if node.operator in ("/", "%", "<<", ">>") and not right.is_constant:
            message = f"{self._show(node)}: the boot decides {self._show(operand)}, so that this may be undefined"
            raise self._error(operand, "not-constant", message)

    def _ternary(self, node: c.Conditional) -> Value | None:
        condition = self._value(node.condition)
        if condition is None:
            return None
        first = node.chosen or node.condition
        condition = self._settle(node.condition, condition)
        if condition.is_constant:
            return self._value(first if condition.term.value else node.other)
        chosen, other = self._value(first), self._value(node.other)
        if chosen is None or other is None:
            return None
        term = choose_term(nonzero(condition), chosen.term, other.term)
        return Value(term, depth=1 + max(condition.depth, chosen.depth, other.depth))

    def _cast(self, node: c.Cast) -> Value | None:
        value = self._value(node.operand)
        if value is None:
            return None
        bits, signed = node.type.width(self._bits)
        if bits == 1:
            return from_truth(nonzero(value), self._bits, value)
        if bits >= self._bits:
            typed = value.typed and CInteger.of(value.typed.value, bits, signed)
            return replace(value, typed=typed)
        return self._narrow(node, value, bits, signed)

    def _narrow(self, node: c.Expression, value: Value, bits: int, signed: bool) -> Value:
        mask = (1 << bits) - 1
        if value.is_constant:
            kept = CInteger.of(value.term.value, bits, signed)
            if kept.value != value.exact and not value.negative:
                message = f"{self._show(node)} keeps {bits} bits of {value.term.value:#x}: {kept.word(self._bits):#x}"
                self._environment.warn(self._text, node, "truncated", message)
            return replace(number(kept.value, self._bits, kept), negative=kept.value < 0)
        low = value.term & mask
        top = constant(1 << (bits - 1), self._bits)
        return Value((low ^ top) - top if signed else low, depth=value.depth + 3)

    def _call(self, node: c.Call, name: str, arguments: Sequence[c.Expression]) -> Value | None:
        if name in _ENABLED:
            return self._enabled(node, name)
        if name in ROUNDING and len(arguments) == 1:
            name, unit = ROUNDING[name]
            return self._call(node, name, (*arguments, c.Name(node.place, node.span, unit)))
        function = FUNCTIONS.get(name)
        if function is None:
            hint = nearest(name, {*FUNCTIONS, *ROUNDING, *_ENABLED})
            raise self._error(node, "unknown-function", f"{name!r} is not a known function", hint)
        if len(arguments) != function.arity:
            message = f"{self._show(node)}: {name}() takes {function.arity} arguments, not {len(arguments)}"
            raise self._error(node, "wrong-kind", message)
        given = [(part, self._value(part)) for part in arguments[: function.values]]
        settled = [self._settle(part, value) for part, value in given if value]
        return self._apply(node, function, settled) if len(settled) == len(given) else None

    def _apply(self, node: c.Expression, function: KernelMacro, values: list[Value]) -> Value:
        if complaint := function.refuse(values, self._bits):
            raise self._error(node, complaint.code, f"{self._show(node)} {complaint.message}")
        if doubt := function.doubt(values):
            self._environment.warn(self._text, node, doubt.code, f"{self._show(node)} {doubt.message}")
        return function.apply(values, self._bits)

    def _enabled(self, node: c.Call, name: str) -> Value:
        option = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(option, c.Name):
            raise self._error(node, "wrong-kind", f"{self._show(node)}: {name}() takes the name of an option")
        enabled = int(self._environment.enabled(option.name))
        return number(enabled, self._bits, CInteger(enabled, 32, True))
