"""Values of expressions: W-bit words, with what is needed to say that arithmetic wrapped.

A constant carries, beside its word, the integer that it would be without a bound, and its value in C's own types. A
value that the boot decides is a term and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.c.arithmetic import CInteger, binary
from modalloc_model.words import (
    Term,
    Truth,
    all_of,
    any_of,
    choose,
    constant,
    eq,
    is_constant,
    ne,
    truth,
    ule,
    ult,
)

MAX_TERM_DEPTH = 150
"""Operators on the way from a value down to an unknown; bounds the recursion of everything that walks terms."""


@dataclass(frozen=True, slots=True)
class Value:
    """A word. `exact`: the same without wrap-around; `typed`: the same in C's types; both None unless constant.

    `negative` marks `-x` and what a cast makes of it: two's complement is what the writer means there.
    """

    term: Term
    exact: int | None = None
    typed: CInteger | None = None
    negative: bool = False
    depth: int = 0

    @property
    def is_constant(self) -> bool:
        """Whether every boot has the same value."""
        return is_constant(self.term)

    @property
    def wrapped(self) -> bool:
        """Whether the word is not the number that was written, where nobody asked for two's complement."""
        half = -(1 << (self.term.bits - 1))
        meant = self.negative and self.exact is not None and self.exact >= half
        return self.exact is not None and self.exact != self.term.value and not meant

    @property
    def misjudged(self) -> bool:
        """Whether C's own types come to another word."""
        return self.typed is not None and self.typed.word(self.term.bits) != self.term.value

    def settled(self) -> Value:
        """The word alone: whatever was lost on the way was said."""
        if not self.is_constant:
            return self
        typed = None if self.misjudged else self.typed
        return Value(self.term, self.term.value, typed)


def number(value: int, bits: int, typed: CInteger | None = None) -> Value:
    """A constant; one too large for a word is wrapped by its `exact` alone."""
    return Value(constant(value, bits), value, typed)


def symbolic(term: Term) -> Value:
    """What a term gives: a constant where it has one value."""
    return number(term.value, term.bits) if is_constant(term) else Value(term)


def _joined(term: Term, *operands: Value) -> Value:
    depth = 1 + max(operand.depth for operand in operands)
    if is_constant(term):
        return Value(term, term.value)
    return Value(term, depth=depth)


def from_truth(condition: Truth, bits: int, *operands: Value) -> Value:
    """1 where the condition holds, else 0, as C's comparisons give."""
    return _joined(choose_term(condition, constant(1, bits), constant(0, bits)), *operands)


def choose_term(condition: Truth, x: Term, y: Term) -> Term:
    """The term x where the condition holds, else y."""
    chosen = choose(truth(condition), x, y)
    assert isinstance(chosen, Term)
    return chosen


def nonzero(value: Value) -> Truth:
    """The value read as a condition."""
    return ne(value.term, 0)


def arithmetic(operator: str, x: Value, y: Value) -> Value:
    """X operator y; the caller has refused division by zero and shifts that are too wide."""
    bits = x.term.bits
    if operator in _CONDITIONS:
        result = from_truth(_CONDITIONS[operator](x, y), bits, x, y)
    else:
        result = _joined(_WORDS[operator](x.term, y.term), x, y)
    typed = binary(operator, x.typed, y.typed) if x.typed and y.typed and operator in _TYPED else None
    return Value(result.term, _exact(operator, x, y, result), typed, False, result.depth)


_WORDS = {
    "+": Term.__add__, "-": Term.__sub__, "*": Term.__mul__, "/": Term.__floordiv__, "%": Term.__mod__,
    "&": Term.__and__, "|": Term.__or__, "^": Term.__xor__, "<<": Term.__lshift__, ">>": Term.__rshift__,
}  # fmt: skip
_CONDITIONS = {
    "==": lambda x, y: eq(x.term, y.term),
    "!=": lambda x, y: ne(x.term, y.term),
    "<": lambda x, y: ult(x.term, y.term),
    "<=": lambda x, y: ule(x.term, y.term),
    ">": lambda x, y: ult(y.term, x.term),
    ">=": lambda x, y: ule(y.term, x.term),
    "&&": lambda x, y: all_of(nonzero(x), nonzero(y)),
    "||": lambda x, y: any_of(nonzero(x), nonzero(y)),
}
_TYPED = _WORDS.keys() | (_CONDITIONS.keys() - {"&&", "||"})
_EXACT = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__, "<<": int.__lshift__}


def keeps_exact(operator: str) -> bool:
    """Whether the operator is one of integers without a bound too, so that wrapping may still cancel out."""
    return operator in _EXACT


def _exact(operator: str, x: Value, y: Value, result: Value) -> int | None:
    if operator in _EXACT and x.exact is not None and y.exact is not None:
        return _EXACT[operator](x.exact, y.exact)
    return result.exact
