"""Values of C on one path through a function: integers of C's types, records, references, and lost values.

An integer that the boot decides is a term of the machine's width with the value itself, unsigned. If that is impossible
(a negative `int` that is not constant, 64 bits on a machine of 32), the value is lost, with a warning. Every integer
carries its trail: the lines of the kernel's source that made it, the nearest first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from modalloc_model.c.arithmetic import (
    COMPARISONS,
    COMPARISONS_OF_WORDS,
    INT,
    ON_WORDS,
    RING,
    CInteger,
    binary,
    common_type,
    promotion,
)
from modalloc_model.c.tokens import SourceLine
from modalloc_model.words import Term, Word, choose, constant, is_constant, lift, ne, truth

_TRAIL = 5
_LOWEST_BITS_ALONE = RING.keys() | {"<<"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An integer: an int in the range of its type, or a term of the machine's width, at most `top`."""

    word: Word
    bits: int
    signed: bool
    top: int
    trail: tuple[SourceLine, ...] = ()

    @property
    def known(self) -> int | None:
        """The value if it is the same in every boot."""
        return None if isinstance(self.word, Term) else self.word

    def at(self, *places: SourceLine) -> Quantity:
        """The same value with these lines in its trail."""
        return replace(self, trail=join_trails(places, self.trail))


@dataclass
class Record:
    """A struct or an array: members by name or index. A missing member is zero, or unknown without `zero`."""

    fields: dict[str | int, Value] = field(default_factory=dict)
    zero: bool = False
    name: str = ""

    def copy(self) -> Record:
        """A copy, as by assignment: nothing is shared."""
        return Record({key: copy_of(value) for key, value in self.fields.items()}, self.zero, self.name)


@dataclass(frozen=True)
class Reference:
    """The address of a variable, or of a member of it."""

    scope: dict[str, Value]
    name: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True)
class LostValue:
    """A value that could not be followed: the name of the unknown that replaces it, and the reason."""

    name: str
    place: SourceLine
    why: str


Value: TypeAlias = Quantity | Record | Reference | LostValue


def copy_of(value: Value) -> Value:
    """The value for another variable."""
    return value.copy() if isinstance(value, Record) else value


def with_origin(value: Value, place: SourceLine) -> Value:
    """The value with the line in front of its trail."""
    return value.at(place) if isinstance(value, Quantity) else value


def join_trails(*trails: tuple[SourceLine, ...]) -> tuple[SourceLine, ...]:
    """Several trails as one, without duplicates, truncated."""
    return tuple(dict.fromkeys(place for trail in trails for place in trail if place.path))[:_TRAIL]


def whole(value: int, bits: int, signed: bool, trail: tuple[SourceLine, ...] = ()) -> Quantity:
    """The integer converted to a type."""
    low = CInteger.of(value, bits, signed).value
    return Quantity(low, bits, signed, (1 << bits) - 1 if low < 0 else low, trail)


class Arithmetic:
    """C's operators on a machine of `width` bits. None is a result that this model cannot represent."""

    def __init__(self, width: int) -> None:
        self.width = width

    def of_term(self, term: Term, bits: int, signed: bool, trail: tuple[SourceLine, ...], top: int = -1) -> Quantity:
        """A term as a value of a type; the caller ensures that it is in range."""
        if is_constant(term):
            return whole(term.value, bits, signed, trail)
        most = (1 << min(bits, self.width)) - 1
        return Quantity(term, bits, signed, most if top < 0 else min(top, most), trail)

    def term(self, value: Quantity) -> Term:
        """The value as a word of the machine; a wide constant loses its upper half, as in a cast."""
        return lift(value.word, self.width) if isinstance(value.word, Term) else constant(value.word, self.width)

    def binary(self, operator: str, left: Quantity, right: Quantity) -> Quantity | None:
        """The operator after C's usual conversions."""
        trail = join_trails(left.trail, right.trail)
        if left.known is not None and right.known is not None:
            x, y = (
                CInteger(known, side.bits, side.signed) for known, side in ((left.known, left), (right.known, right))
            )
            found = binary(operator, x, y)
            return whole(found.value, found.bits, found.signed, trail) if found else None
        bits, signed = promotion(left) if operator in ("<<", ">>") else common_type(left, right)
        if operator in COMPARISONS:
            return self._compare(operator, left, right, bits, signed, trail)
        return self._combine(operator, left, right, bits, signed, trail)

    def _compare(
        self, operator: str, left: Quantity, right: Quantity, bits: int, signed: bool, trail: tuple[SourceLine, ...]
    ) -> Quantity | None:
        if not self._comparable(left, right, bits, signed) and operator not in ("==", "!="):
            return None
        condition = COMPARISONS_OF_WORDS[operator](self.term(left), self.term(right))
        return self.truth(truth(condition), trail)

    def truth(self, condition: Term, trail: tuple[SourceLine, ...] = ()) -> Quantity:
        """1 if the condition holds, else 0, as an int."""
        chosen = choose(condition, constant(1, self.width), constant(0, self.width))
        assert isinstance(chosen, Term)
        return self.of_term(chosen, INT, True, trail, 1)

    def _comparable(self, left: Quantity, right: Quantity, bits: int, signed: bool) -> bool:
        """Whether unsigned comparison of the machine's words agrees with C's comparison."""
        limit = 1 << (bits - 1) if signed else 1 << min(bits, self.width)
        small = all(value.top < limit and (value.known is None or value.known >= 0) for value in (left, right))
        fits = bits <= self.width and not signed
        return small or fits

    def _combine(
        self, operator: str, left: Quantity, right: Quantity, bits: int, signed: bool, trail: tuple[SourceLine, ...]
    ) -> Quantity | None:
        if _leaves_alone(operator, left, right):
            return self.convert(right if left.known == 0 else left, bits, signed)
        x, y = self.term(left), self.term(right)
        if operator in ("/", "%") and right.known in (None, 0):
            return None
        if operator not in _LOWEST_BITS_ALONE and not self._comparable(left, right, bits, signed):
            return None
        if operator in ("<<", ">>") and right.known is None:
            return None
        top = _top(operator, left, right)
        result = ON_WORDS[operator](x, y)
        if bits == self.width or (top is not None and top < 1 << min(bits - signed, self.width)):
            return self.of_term(result, bits, signed, trail, -1 if top is None else top)
        if bits < self.width and not signed:
            return self.of_term(result & ((1 << bits) - 1), bits, signed, trail)
        return None

    def convert(self, value: Quantity, bits: int, signed: bool) -> Quantity | None:
        """The value converted to a type; None if the model cannot represent the converted term."""
        if value.known is not None:
            return whole(value.known, bits, signed, value.trail)
        if bits == 1:
            return self.boolean(value)
        term = self.term(value)
        if value.top < 1 << min(bits - signed, self.width) or bits == self.width:
            return self.of_term(term, bits, signed, value.trail, value.top)
        if bits < self.width:
            return None if signed else self.of_term(term & ((1 << bits) - 1), bits, signed, value.trail)
        return self.of_term(term, bits, signed, value.trail, value.top) if not value.signed else None

    def boolean(self, value: Quantity) -> Quantity:
        """0 or 1, as a conversion to bool has it."""
        condition = self.condition(value)
        result = self.truth(condition, value.trail)
        return replace(result, bits=1, signed=False)

    def condition(self, value: Quantity) -> Term:
        """Whether the value is not zero."""
        word = value.word
        if not isinstance(word, Term):
            return truth(word != 0)
        if word.op == "ite" and [is_constant(part) and part.value for part in word.args[1:]] == [1, 0]:
            return word.args[0]
        return truth(ne(word, 0))


def _leaves_alone(operator: str, left: Quantity, right: Quantity) -> bool:
    """Whether one operand is a zero without effect."""
    return (right.known == 0 and operator in ("+", "-", "|", "^", "<<", ">>")) or (
        left.known == 0 and operator in "+|^"
    )


def _top(operator: str, left: Quantity, right: Quantity) -> int | None:
    """The largest possible result, if it cannot wrap below zero."""
    if any(value.known is not None and value.known < 0 for value in (left, right)):
        return None
    x, y = left.top, right.top
    if operator in ("+", "*"):
        return x + y if operator == "+" else x * y
    if operator in ("|", "^"):
        return (1 << max(x.bit_length(), y.bit_length())) - 1
    if operator == "&":
        return min(x, y)
    if operator == "<<":
        return x << min(y, 128)
    return {"/": x, "%": y, ">>": x}.get(operator)
