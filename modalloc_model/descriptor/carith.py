"""Constants in C's own integer types, to say where C would come to another value than W-bit words do.

`1 << 31` is computed in `int` and `~0U` in 32 bits, whatever the word of the machine: a table that relies on W bits
there means something else to the compiler. Source: C11 6.3.1.8 (usual arithmetic conversions) and 6.4.4.1 (literals),
with GCC's wrap-around on signed overflow, since the kernel is built with -fno-strict-overflow.
Leaves out: symbols that the boot decides; there is nothing to compare then.
"""

from __future__ import annotations

from dataclasses import dataclass

_INT, _LONG_LONG = 32, 64  # bits, on every machine Linux runs on
_SIZES = {"char": 1, "short": 2, "size_t": 0, "ssize_t": 0, "uintptr_t": 0, "intptr_t": 0, "ulong": 0, "uint": 4}
_SIZES |= {"phys_addr_t": 0, "pgprotval_t": 0, "void": 1}
_UNSIGNED = ("size_t", "uintptr_t", "ulong", "uint", "phys_addr_t", "pgprotval_t")


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

    @property
    def promoted(self) -> CInteger:
        """The integer promotions: what is narrower than int becomes int."""
        return self if self.bits >= _INT else CInteger(self.value, _INT, True)


def literal_type(value: int, suffix: str, decimal: bool, word: int) -> CInteger:
    """The literal in the first of its candidate types that holds it (C11 6.4.4.1)."""
    widths = [64] if "ll" in suffix else [word, 64] if "l" in suffix else [_INT, word, 64]
    for bits in widths:
        for signed in (True, False):
            allowed = (not signed or "u" not in suffix) and (signed or "u" in suffix or not decimal)
            if allowed and value < 1 << (bits - signed):
                return CInteger(value, bits, signed)
    return CInteger.of(value, 64, False)


def named_type(name: str, word: int) -> tuple[int, bool]:
    """Width in bits and signedness of an integer or pointer type; `void` alone counts as a byte, as GCC has it."""
    words = [w for w in name.split() if w != "const"]
    if "*" in words:
        return word, False
    signed = "unsigned" not in words and not any(w in _UNSIGNED or w.lstrip("_").startswith("u") for w in words)
    return 8 * _size(words, word // 8), signed


def _size(words: list[str], pointer: int) -> int:
    if words.count("long"):
        return 8 if words.count("long") > 1 else pointer
    for name in words:
        if digits := "".join(c for c in name.removesuffix("_t") if c.isdigit()):
            return int(digits) // 8
        if name in _SIZES:
            return _SIZES[name] or pointer
    return 4


def common(x: CInteger, y: CInteger) -> tuple[int, bool]:
    """The type in which an operator on both is computed."""
    x, y = x.promoted, y.promoted
    bits = max(x.bits, y.bits)
    return bits, all(operand.signed or operand.bits < bits for operand in (x, y))


def binary(operator: str, x: CInteger, y: CInteger) -> CInteger | None:
    """The operator applied as C does; None where C leaves it undefined (other than overflow)."""
    if operator in ("<<", ">>"):
        return _shift(operator, x.promoted, y)
    bits, signed = common(x, y)
    a, b = CInteger.of(x.value, bits, signed).value, CInteger.of(y.value, bits, signed).value
    if operator in ("/", "%"):
        return CInteger.of(_divide(operator, a, b), bits, signed) if b else None
    if operator in _COMPARISONS:
        return CInteger(int(_COMPARISONS[operator](a, b)), 32, True)
    return CInteger.of(_RING[operator](a, b), bits, signed)


_COMPARISONS = {
    "==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__,
}  # fmt: skip
_RING = {
    "+": int.__add__, "-": int.__sub__, "*": int.__mul__, "&": int.__and__, "|": int.__or__, "^": int.__xor__,
}  # fmt: skip


def _shift(operator: str, x: CInteger, y: CInteger) -> CInteger | None:
    if not 0 <= y.value < _LONG_LONG:
        return None
    shifted = x.value << y.value if operator == "<<" else x.value >> y.value
    return CInteger.of(shifted, x.bits, x.signed)


def _divide(operator: str, a: int, b: int) -> int:
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient if operator == "/" else a - b * quotient
