"""The kernel's function-like macros and page constants, on values.

Source: include/linux/{align,math,minmax,bits,pfn,sizes}.h and include/uapi/linux/const.h of Linux 6.12.
Leaves out: the type checks of min() and max(); every value is an unsigned word here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from modalloc_model.c.arithmetic import CInteger
from modalloc_model.descriptor.values import Value, choose_term, number, symbolic
from modalloc_model.words import Term, constant, ult

BASE = {
    "PAGE_SHIFT": "PAGE_SIZE",
    "PAGE_MASK": "PAGE_SIZE",
    "PMD_SHIFT": "PMD_SIZE",
    "PMD_MASK": "PMD_SIZE",
    "HPAGE_PMD_SIZE": "PMD_SIZE",
}
CONSTANTS = frozenset(BASE)
"""Names that follow from PAGE_SIZE and PMD_SIZE."""

ROUNDING = {
    "PAGE_ALIGN": ("ALIGN", "PAGE_SIZE"),
    "PFN_ALIGN": ("ALIGN", "PAGE_SIZE"),
    "PAGE_ALIGN_DOWN": ("ALIGN_DOWN", "PAGE_SIZE"),
    "PMD_ALIGN": ("ALIGN", "PMD_SIZE"),
}
"""Macros of one argument that are another macro with a fixed second one."""


def page_constant(name: str, size: Value) -> Value | None:
    """PAGE_SHIFT, PAGE_MASK and their like, of a page size; None for a size without a shift."""
    bits = size.term.bits
    if name.endswith("_SHIFT"):
        return number(size.term.value.bit_length() - 1, bits) if size.is_constant and size.term.value else None
    return symbolic(~(size.term - 1)) if name.endswith("_MASK") else size


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a call; the message goes on after the call's text."""

    code: str
    message: str


def _nothing(values: Sequence[Value], bits: int) -> Complaint | None:
    return None


def _no_doubt(values: Sequence[Value]) -> Complaint | None:
    return None


@dataclass(frozen=True)
class Function:
    """A macro: how many arguments it takes, how many of them are values, what it gives, what it refuses and doubts."""

    apply: Callable[[Sequence[Value], int], Value]
    arity: int = 1
    values: int = 1
    refuse: Callable[[Sequence[Value], int], Complaint | None] = _nothing
    doubt: Callable[[Sequence[Value]], Complaint | None] = _no_doubt


def _derived(term: Term, values: Sequence[Value], operators: int = 3) -> Value:
    if values and not any(value.is_constant is False for value in values):
        return number(term.value, term.bits, CInteger(term.value, term.bits, False))
    return Value(term, depth=operators + max((value.depth for value in values), default=0))


def _constants(values: Sequence[Value]) -> list[int] | None:
    return [value.term.value for value in values] if all(value.is_constant for value in values) else None


def _exact(value: int, bits: int) -> Value:
    """A constant that may pass the top of a word; whoever uses it says so."""
    return number(value, bits, CInteger.of(value, bits, False))


def _align_up(values: Sequence[Value], bits: int) -> Value:
    if known := _constants(values):
        return _exact((known[0] + known[1] - 1) & ~(known[1] - 1), bits)
    x, a = values[0].term, values[1].term
    return _derived((x + a - 1) & ~(a - 1), values)


def _align_down(values: Sequence[Value], bits: int) -> Value:
    x, a = values[0].term, values[1].term
    return _derived(x & ~(a - 1), values)


def _round_up(values: Sequence[Value], bits: int) -> Value:
    if known := _constants(values):
        return _exact(((known[0] - 1) | (known[1] - 1)) + 1, bits)
    x, a = values[0].term, values[1].term
    return _derived(((x - 1) | (a - 1)) + 1, values)


def _round_any_up(values: Sequence[Value], bits: int) -> Value:
    if known := _constants(values):
        return _exact((known[0] + known[1] - 1) // known[1] * known[1], bits)
    x, a = values[0].term + values[1].term - 1, values[1].term
    return _derived(x - x % a, values, 4)


def _round_any_down(values: Sequence[Value], bits: int) -> Value:
    x, a = values[0].term, values[1].term
    return _derived(x - x % a, values)


def _divide_up(values: Sequence[Value], bits: int) -> Value:
    if known := _constants(values):
        return _exact((known[0] + known[1] - 1) // known[1], bits)
    x, a = values[0].term, values[1].term
    return _derived((x + a - 1) // a, values)


def _largest(values: Sequence[Value], bits: int) -> Value:
    x, y = values[0].term, values[1].term
    return _derived(choose_term(ult(x, y), y, x), values)


def _smallest(values: Sequence[Value], bits: int) -> Value:
    x, y = values[0].term, values[1].term
    return _derived(choose_term(ult(x, y), x, y), values)


def _bit(values: Sequence[Value], bits: int) -> Value:
    return _derived(constant(1, bits) << values[0].term, values)


def _genmask(values: Sequence[Value], bits: int) -> Value:
    high, low = values[0].term.value, values[1].term.value
    return _derived(constant((1 << (high + 1)) - (1 << low), bits), values)


def _unsigned_long(values: Sequence[Value], bits: int) -> Value:
    return _derived(values[0].term, values, 0)


def _unsigned_int(values: Sequence[Value], bits: int) -> Value:
    same = _derived(values[0].term, values, 0)
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
        return Complaint("not-constant", "divides by what the boot decides")
    return None if values[1].term.value else Complaint("division-by-zero", "divides by zero")


def _doubt_power(values: Sequence[Value]) -> Complaint | None:
    if not values[1].is_constant:
        return None
    step = values[1].term.value
    if step and not step & (step - 1):
        return None
    return Complaint("not-a-power-of-two", f"rounds to {step:#x}, no power of two: the result is no multiple of it")


def _to_unit(apply: Callable[[Sequence[Value], int], Value]) -> Function:
    return Function(apply, 2, 2, doubt=_doubt_power)


_MASKED = {"ALIGN": _align_up, "__ALIGN_KERNEL": _align_up, "ALIGN_DOWN": _align_down, "round_down": _align_down}

FUNCTIONS: dict[str, Function] = {
    **{name: _to_unit(apply) for name, apply in _MASKED.items()},
    "round_up": _to_unit(_round_up),
    "roundup": Function(_round_any_up, 2, 2, refuse=_refuse_zero),
    "rounddown": Function(_round_any_down, 2, 2, refuse=_refuse_zero),
    "DIV_ROUND_UP": Function(_divide_up, 2, 2, refuse=_refuse_zero),
    "min": Function(_smallest, 2, 2),
    "max": Function(_largest, 2, 2),
    "BIT": Function(_bit, refuse=_refuse_wide),
    "BIT_ULL": Function(_bit, refuse=_refuse_wide),
    "_BITUL": Function(_bit, refuse=_refuse_wide),
    "GENMASK": Function(_genmask, 2, 2, refuse=_refuse_genmask),
    "GENMASK_ULL": Function(_genmask, 2, 2, refuse=_refuse_genmask),
    "_AC": Function(_unsigned_long, 2, 1),
    "U": Function(_unsigned_int),
    **{name: Function(_unsigned_long) for name in ("UL", "ULL", "_UL", "_ULL", "L", "LL")},
}
"""What may be called in an expression, by name."""
