"""Values of expressions, and the kernel's function-like macros and page constants on them.

A value is a W-bit word with the data to detect wrap-around: a constant also holds its unbounded integer and its value
in C's own types. A value that the boot decides is only a term. Source of the macros:
include/linux/{align,math,minmax,bits,pfn,sizes}.h and include/uapi/linux/const.h of Linux 6.12. The type checks of
min() and max() are left out; every value is an unsigned word here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from modalloc_model.c.arithmetic import COMPARISONS_OF_WORDS, ON_WORDS, CInteger, binary
from modalloc_model.words import Term, Truth, all_of, any_of, choose, constant, is_constant, ne, truth, ult

MAX_TERM_DEPTH = 150
"""Operators between a value and an unknown in it; bounds the recursion of functions on terms."""


@dataclass(frozen=True, slots=True)
class Value:
    """A word. `exact`: the value without wrap-around; `typed`: the value in C's types; both None unless constant.

    `negative` marks `-x` and casts of it: two's complement is intended there.
    """

    term: Term
    exact: int | None = None
    typed: CInteger | None = None
    negative: bool = False
    depth: int = 0

    @property
    def is_constant(self) -> bool:
        """Whether the value is the same in every boot."""
        return is_constant(self.term)

    @property
    def wraps(self) -> bool:
        """Whether the word differs from the written number without intended two's complement."""
        half = -(1 << (self.term.bits - 1))
        meant = self.negative and self.exact is not None and self.exact >= half
        return self.exact is not None and self.exact != self.term.value and not meant

    @property
    def differs_in_c(self) -> bool:
        """Whether C's own types give another word."""
        return self.typed is not None and self.typed.word(self.term.bits) != self.term.value

    def settle(self) -> Value:
        """Only the word; any loss was reported before."""
        if not self.is_constant:
            return self
        typed = None if self.differs_in_c else self.typed
        return Value(self.term, self.term.value, typed)


def number(value: int, bits: int, typed: CInteger | None = None) -> Value:
    """A constant; one too large for a word is wrapped, with the number in `exact`."""
    return Value(constant(value, bits), value, typed)


def symbolic(term: Term) -> Value:
    """The value of a term; a constant if it has one value."""
    return number(term.value, term.bits) if is_constant(term) else Value(term)


def _join(term: Term, *operands: Value) -> Value:
    depth = 1 + max(operand.depth for operand in operands)
    if is_constant(term):
        return Value(term, term.value)
    return Value(term, depth=depth)


def from_truth(condition: Truth, bits: int, *operands: Value) -> Value:
    """1 if the condition holds, else 0, as C's comparisons give."""
    return _join(choose_term(condition, constant(1, bits), constant(0, bits)), *operands)


def choose_term(condition: Truth, x: Term, y: Term) -> Term:
    """The term x if the condition holds, else y."""
    chosen = choose(truth(condition), x, y)
    assert isinstance(chosen, Term)
    return chosen


def nonzero(value: Value) -> Truth:
    """The value as a condition."""
    return ne(value.term, 0)


def arithmetic(operator: str, x: Value, y: Value) -> Value:
    """X operator y; the caller has refused division by zero and shifts that are too wide."""
    bits = x.term.bits
    if operator in ("&&", "||"):
        connect = all_of if operator == "&&" else any_of
        result = from_truth(connect(nonzero(x), nonzero(y)), bits, x, y)
        return replace(result, typed=None)
    if operator in COMPARISONS_OF_WORDS:
        result = from_truth(COMPARISONS_OF_WORDS[operator](x.term, y.term), bits, x, y)
    else:
        result = _join(ON_WORDS[operator](x.term, y.term), x, y)
    typed = binary(operator, x.typed, y.typed) if x.typed and y.typed else None
    return Value(result.term, _exact(operator, x, y, result), typed, False, result.depth)


_EXACT = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__, "<<": int.__lshift__}


def keeps_exact(operator: str) -> bool:
    """Whether the operator is exact on unbounded integers too, so that wrap-arounds may cancel out."""
    return operator in _EXACT


def _exact(operator: str, x: Value, y: Value, result: Value) -> int | None:
    if operator in _EXACT and x.exact is not None and y.exact is not None:
        return _EXACT[operator](x.exact, y.exact)
    return result.exact


BASE = {
    "PAGE_SHIFT": "PAGE_SIZE",
    "PAGE_MASK": "PAGE_SIZE",
    "PMD_SHIFT": "PMD_SIZE",
    "PMD_MASK": "PMD_SIZE",
    "HPAGE_PMD_SIZE": "PMD_SIZE",
}
CONSTANTS = frozenset(BASE)
"""Names defined by PAGE_SIZE and PMD_SIZE."""

ROUNDING = {
    "PAGE_ALIGN": ("ALIGN", "PAGE_SIZE"),
    "PFN_ALIGN": ("ALIGN", "PAGE_SIZE"),
    "PAGE_ALIGN_DOWN": ("ALIGN_DOWN", "PAGE_SIZE"),
    "PMD_ALIGN": ("ALIGN", "PMD_SIZE"),
}
"""Macros of one argument, defined by another macro with a fixed second argument."""


def page_constant(name: str, size: Value) -> Value | None:
    """PAGE_SHIFT, PAGE_MASK and similar constants of a page size; None for a size without a shift."""
    bits = size.term.bits
    if name.endswith("_SHIFT"):
        return number(size.term.value.bit_length() - 1, bits) if size.is_constant and size.term.value else None
    return symbolic(~(size.term - 1)) if name.endswith("_MASK") else size


@dataclass(frozen=True)
class Complaint:
    """A problem with a call; the message continues the call's text."""

    code: str
    message: str


def _nothing(values: Sequence[Value], bits: int) -> Complaint | None:
    return None


def _no_doubt(values: Sequence[Value]) -> Complaint | None:
    return None


@dataclass(frozen=True)
class KernelMacro:
    """A macro: its number of arguments, how many are values, its result, its errors and warnings."""

    apply: Callable[[Sequence[Value], int], Value]
    arity: int = 1
    values: int = 1
    refuse: Callable[[Sequence[Value], int], Complaint | None] = _nothing
    doubt: Callable[[Sequence[Value]], Complaint | None] = _no_doubt


def _derive(term: Term, values: Sequence[Value], operators: int = 3) -> Value:
    if values and not any(value.is_constant is False for value in values):
        return number(term.value, term.bits, CInteger(term.value, term.bits, False))
    return Value(term, depth=operators + max((value.depth for value in values), default=0))


def _constants(values: Sequence[Value]) -> list[int] | None:
    return [value.term.value for value in values] if all(value.is_constant for value in values) else None


def _unbounded(value: int, bits: int) -> Value:
    """A constant that may exceed a word; its user reports that."""
    return number(value, bits, CInteger.of(value, bits, False))


def _align_up(values: Sequence[Value], bits: int) -> Value:
    if known := _constants(values):
        return _unbounded((known[0] + known[1] - 1) & ~(known[1] - 1), bits)
    x, a = values[0].term, values[1].term
    return _derive((x + a - 1) & ~(a - 1), values)


def _align_down(values: Sequence[Value], bits: int) -> Value:
    x, a = values[0].term, values[1].term
    return _derive(x & ~(a - 1), values)


def _round_up(values: Sequence[Value], bits: int) -> Value:
    if known := _constants(values):
        return _unbounded(((known[0] - 1) | (known[1] - 1)) + 1, bits)
    x, a = values[0].term, values[1].term
    return _derive(((x - 1) | (a - 1)) + 1, values)


def _round_any_up(values: Sequence[Value], bits: int) -> Value:
    if known := _constants(values):
        return _unbounded((known[0] + known[1] - 1) // known[1] * known[1], bits)
    x, a = values[0].term + values[1].term - 1, values[1].term
    return _derive(x - x % a, values, 4)


def _round_any_down(values: Sequence[Value], bits: int) -> Value:
    x, a = values[0].term, values[1].term
    return _derive(x - x % a, values)


def _divide_up(values: Sequence[Value], bits: int) -> Value:
    if known := _constants(values):
        return _unbounded((known[0] + known[1] - 1) // known[1], bits)
    x, a = values[0].term, values[1].term
    return _derive((x + a - 1) // a, values)


def _largest(values: Sequence[Value], bits: int) -> Value:
    x, y = values[0].term, values[1].term
    return _derive(choose_term(ult(x, y), y, x), values)


def _smallest(values: Sequence[Value], bits: int) -> Value:
    x, y = values[0].term, values[1].term
    return _derive(choose_term(ult(x, y), x, y), values)


def _bit(values: Sequence[Value], bits: int) -> Value:
    return _derive(constant(1, bits) << values[0].term, values)


def _genmask(values: Sequence[Value], bits: int) -> Value:
    high, low = values[0].term.value, values[1].term.value
    return _derive(constant((1 << (high + 1)) - (1 << low), bits), values)


def _unsigned_long(values: Sequence[Value], bits: int) -> Value:
    return _derive(values[0].term, values, 0)


def _unsigned_int(values: Sequence[Value], bits: int) -> Value:
    same = _derive(values[0].term, values, 0)
    fits = same.typed and same.typed.value < 1 << 32
    return replace(same, typed=CInteger(same.term.value, 32, False)) if fits else same


def _refuse_wide(values: Sequence[Value], bits: int) -> Complaint | None:
    if not all(value.is_constant for value in values):
        return Complaint("not-constant", "takes bit numbers, which the boot must not decide")
    if any(value.term.value >= bits for value in values):
        return Complaint("shift-too-wide", f"names a bit that a {bits}-bit word does not have")
    return None


def _refuse_genmask(values: Sequence[Value], bits: int) -> Complaint | None:
    wide = _refuse_wide(values, bits)
    if wide is None and values[0].term.value < values[1].term.value:
        return Complaint("wrong-kind", "has its bounds the wrong way round: the high bit comes first")
    return wide


def _refuse_zero(values: Sequence[Value], bits: int) -> Complaint | None:
    if not values[1].is_constant:
        return Complaint("not-constant", "divides by a value that the boot decides")
    return None if values[1].term.value else Complaint("division-by-zero", "divides by zero")


def _doubt_power(values: Sequence[Value]) -> Complaint | None:
    if not values[1].is_constant:
        return None
    step = values[1].term.value
    if step and not step & (step - 1):
        return None
    return Complaint(
        "not-a-power-of-two", f"rounds to {step:#x}, not a power of two: the result is not a multiple of it"
    )


def _to_unit(apply: Callable[[Sequence[Value], int], Value]) -> KernelMacro:
    return KernelMacro(apply, 2, 2, doubt=_doubt_power)


_MASKED = {"ALIGN": _align_up, "__ALIGN_KERNEL": _align_up, "ALIGN_DOWN": _align_down, "round_down": _align_down}

FUNCTIONS: dict[str, KernelMacro] = {
    **{name: _to_unit(apply) for name, apply in _MASKED.items()},
    "round_up": _to_unit(_round_up),
    "roundup": KernelMacro(_round_any_up, 2, 2, refuse=_refuse_zero),
    "rounddown": KernelMacro(_round_any_down, 2, 2, refuse=_refuse_zero),
    "DIV_ROUND_UP": KernelMacro(_divide_up, 2, 2, refuse=_refuse_zero),
    "min": KernelMacro(_smallest, 2, 2),
    "max": KernelMacro(_largest, 2, 2),
    "BIT": KernelMacro(_bit, refuse=_refuse_wide),
    "BIT_ULL": KernelMacro(_bit, refuse=_refuse_wide),
    "_BITUL": KernelMacro(_bit, refuse=_refuse_wide),
    "GENMASK": KernelMacro(_genmask, 2, 2, refuse=_refuse_genmask),
    "GENMASK_ULL": KernelMacro(_genmask, 2, 2, refuse=_refuse_genmask),
    "_AC": KernelMacro(_unsigned_long, 2, 1),
    "U": KernelMacro(_unsigned_int),
    **{name: KernelMacro(_unsigned_long) for name in ("UL", "ULL", "_UL", "_ULL", "L", "LL")},
}
"""The macros of expressions, by name."""
