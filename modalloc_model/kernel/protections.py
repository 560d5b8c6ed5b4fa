"""What a page may do, read off its page-table bits.

A bit is decided where it is the same in every boot: a value that the boot decides leaves most bits alone, so each bit
is followed on its own. Where the bits that count are not decided, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.words import Term, is_constant


@dataclass(frozen=True)
class Bits:
    """Which bits of a word are known, and what they are."""

    known: int
    value: int


def bits_of(term: Term) -> Bits:
    """The bits that are the same whatever the term's variables are."""
    full = (1 << (term.bits or 1)) - 1
    if is_constant(term):
        return Bits(full, term.value)
    if term.op == "bvnot":
        inner = bits_of(term.args[0])
        return Bits(inner.known, ~inner.value & inner.known)
    if term.op in _WISE:
        return _WISE[term.op](bits_of(term.args[0]), bits_of(term.args[1]), full)
    if term.op == "ite":
        x, y = bits_of(term.args[1]), bits_of(term.args[2])
        known = x.known & y.known & ~(x.value ^ y.value)
        return Bits(known, x.value & known)
    if term.op in ("bvshl", "bvlshr") and is_constant(term.args[1]):
        return _shifted(term, full)
    return Bits(0, 0)


def _and(x: Bits, y: Bits, full: int) -> Bits:
    known = (x.known & y.known) | (x.known & ~x.value) | (y.known & ~y.value)
    return Bits(known & full, x.value & y.value & known)


def _or(x: Bits, y: Bits, full: int) -> Bits:
    known = (x.known & y.known) | (x.known & x.value) | (y.known & y.value)
    return Bits(known & full, (x.value | y.value) & known)


def _xor(x: Bits, y: Bits, full: int) -> Bits:
    return Bits(x.known & y.known & full, (x.value ^ y.value) & x.known & y.known)


_WISE = {"bvand": _and, "bvor": _or, "bvxor": _xor}


def _shifted(term: Term, full: int) -> Bits:
    inner, by = bits_of(term.args[0]), term.args[1].value
    if by >= term.bits:
        return Bits(full, 0)
    if term.op == "bvshl":
        return Bits((inner.known << by | ((1 << by) - 1)) & full, inner.value << by & full)
    return Bits(inner.known >> by | (full & ~(full >> by)), inner.value >> by)


def truth_of(term: Term) -> bool | None:
    """Whether a word is zero or not, or a condition holds, as far as its bits say."""
    if is_constant(term):
        return bool(term.value)
    if term.op == "not":
        inner = truth_of(term.args[0])
        return None if inner is None else not inner
    if term.op in ("and", "or"):
        return _connected(term)
    if term.op == "=":
        return _equal(bits_of(term.args[0]), bits_of(term.args[1]), (1 << term.args[0].bits) - 1)
    if term.op == "ite":
        x, y = truth_of(term.args[1]), truth_of(term.args[2])
        chosen = truth_of(term.args[0])
        return (x if chosen else y) if chosen is not None else x if x == y else None
    if not term.bits:
        return None
    bits = bits_of(term)
    return True if bits.value else False if bits.known == (1 << term.bits) - 1 else None


def _connected(term: Term) -> bool | None:
    settles = term.op == "or"
    parts = [truth_of(part) for part in term.args]
    if settles in parts:
        return settles
    return None if None in parts else not settles


def _equal(x: Bits, y: Bits, full: int) -> bool | None:
    common = x.known & y.known
    if (x.value ^ y.value) & common:
        return False
    return True if common == full else None
