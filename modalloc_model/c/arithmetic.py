"""C's integer literals and operators, in C's own types, and on words that the boot decides.

`1 << 31` is computed in `int` and `~0U` in 32 bits, whatever the word of the machine. Source: C11 6.3.1.8 (usual
arithmetic conversions) and 6.4.4.1 (literals), with GCC's wrap-around on signed overflow, since the kernel is built
with -fno-strict-overflow. There is no floating point.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from modalloc_model.words import Term, Truth, eq, ne, ule, ult

INT, LONG_LONG = 32, 64
"""Bits, on every machine Linux runs on."""

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__,
}  # fmt: skip
RING: dict[str, Callable[[int, int], int]] = {
    "+": int.__add__, "-": int.__sub__, "*": int.__mul__, "&": int.__and__, "|": int.__or__, "^": int.__xor__,
}  # fmt: skip
"""Operators whose low bits depend only on the low bits of their operands."""

ON_WORDS: dict[str, Callable[[Term, Term], Term]] = {
    "+": Term.__add__, "-": Term.__sub__, "*": Term.__mul__, "/": Term.__floordiv__, "%": Term.__mod__,
    "&": Term.__and__, "|": Term.__or__, "^": Term.__xor__, "<<": Term.__lshift__, ">>": Term.__rshift__,
}  # fmt: skip
COMPARISONS_OF_WORDS: dict[str, Callable[[Term, Term], Truth]] = {
    "==": eq, "!=": ne, "<": ult, "<=": ule, ">": lambda x, y: ult(y, x), ">=": lambda x, y: ule(y, x),
}  # fmt: skip
"""The same operators on terms of one width, unsigned."""

_LITERAL = re.compile(
    r"(0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9]\d*))(?P<suffix>[uUlL]*)",
    re.ASCII,
)
_SUFFIXES = frozenset({"", "u", "l", "ul", "lu", "ll", "ull", "llu"})
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_MAX_LITERAL = 200  # characters; Python bounds the digits that it converts, too
_CHARACTER = re.compile(r"'(\\?.)'", re.DOTALL)
_ESCAPES = {"\\n": 10, "\\t": 9, "\\0": 0, "\\r": 13, "\\\\": 92, "\\'": 39}


@dataclass(frozen=True, slots=True)
class CInteger:
    """A value of an integer type: `bits` wide, signed or not."""

    value: int
    bits: int
    signed: bool

    @classmethod
    def of(cls, value: int, bits: int, signed: bool) -> CInteger:
        """The value converted to the type."""
        low = value & ((1 << bits) - 1)
        negative = signed and low >> (bits - 1)
        return cls(low - (1 << bits) if negative else low, bits, signed)

    def word(self, bits: int) -> int:
        """The value converted to an unsigned word of `bits` bits."""
        return self.value & ((1 << bits) - 1)


@dataclass(frozen=True, slots=True)
class Literal:
    """An integer literal: its value, its suffix in lower case, and whether it is decimal."""

    value: int
    suffix: str = ""
    decimal: bool = True

    def typed(self, word: int) -> CInteger:
        """The literal in the first of its candidate types that holds it (C11 6.4.4.1); `word` is the width of long."""
        widths = [64] if "ll" in self.suffix else [word, 64] if "l" in self.suffix else [INT, word, 64]
        unsigned = "u" in self.suffix
        for bits in widths:
            for signed in (True, False):
                allowed = (not signed or not unsigned) and (signed or unsigned or not self.decimal)
                if allowed and self.value < 1 << (bits - signed):
                    return CInteger(self.value, bits, signed)
        return CInteger.of(self.value, LONG_LONG, False)


def literal(text: str) -> Literal | None:
    """An integer literal or a character constant; None for anything else."""
    if character := _CHARACTER.fullmatch(text):
        return Literal(_ESCAPES.get(character[1], ord(character[1][-1])))
    match = _LITERAL.fullmatch(text)
    if not match or match["suffix"].lower() not in _SUFFIXES or len(text) > _MAX_LITERAL:
        return None
    base, digits = next((b, match[b]) for b in _BASES if match[b])
    return Literal(int(digits, _BASES[base]), match["suffix"].lower(), base == "dec")


class Typed(Protocol):
    """A value with an integer type."""

    @property
    def bits(self) -> int:
        """The width of the type."""

    @property
    def signed(self) -> bool:
        """Whether the type is signed."""


def promotion(x: Typed) -> tuple[int, bool]:
    """Width and signedness after the integer promotions: types narrower than int become int."""
    return (x.bits, x.signed) if x.bits >= INT else (INT, True)


def common_type(x: Typed, y: Typed) -> tuple[int, bool]:
    """The type in which an operator on both is computed: the wider of the two, unsigned if the wider one is."""
    (a, a_signed), (b, b_signed) = promotion(x), promotion(y)
    bits = max(a, b)
    return bits, (a_signed or a < bits) and (b_signed or b < bits)


def unary(operator: str, x: CInteger) -> CInteger:
    """The operator +, -, ~ or ! applied as C does."""
    if operator == "!":
        return CInteger(int(not x.value), INT, True)
    value = {"+": x.value, "-": -x.value, "~": ~x.value}[operator]
    return CInteger.of(value, *promotion(x))


def binary(operator: str, x: CInteger, y: CInteger) -> CInteger | None:
    """The operator applied as C does; None if C leaves it undefined (other than overflow)."""
    if operator in ("<<", ">>"):
        return _shift(operator, x, y)
    bits, signed = common_type(x, y)
    a, b = CInteger.of(x.value, bits, signed).value, CInteger.of(y.value, bits, signed).value
    if operator in ("/", "%"):
        return CInteger.of(_divide(operator, a, b), bits, signed) if b else None
    if operator in COMPARISONS:
        return CInteger(int(COMPARISONS[operator](a, b)), INT, True)
    return CInteger.of(RING[operator](a, b), bits, signed)


def _shift(operator: str, x: CInteger, y: CInteger) -> CInteger | None:
    if not 0 <= y.value < LONG_LONG:
        return None
    shifted = x.value << y.value if operator == "<<" else x.value >> y.value
    return CInteger.of(shifted, *promotion(x))


def _divide(operator: str, a: int, b: int) -> int:
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient if operator == "/" else a - b * quotient
