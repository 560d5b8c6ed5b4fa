"""What a page may do, read off its page-table bits.

A bit is decided where it is the same in every boot: a value that the boot decides leaves most bits alone, so each bit
is followed on its own. Where the bits that count are not decided, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.words import Term, folded, is_constant


@dataclass(frozen=True)
class Bits:
    """Which bits of a word are known, and what they are."""

    known: int
    value: int


def bits_of(term: Term) -> Bits:
    """The bits that are the same whatever the term's variables are."""
    return folded(term, _knowledge).bits


def truth_of(term: Term) -> bool | None:
    """Whether a word is zero or not, or a condition holds, as far as its bits say."""
    return folded(term, _knowledge).truth


@dataclass(frozen=True)
class _Knowledge:
    """What is known of a term: the bits of a word, and the truth of a word or condition."""

    bits: Bits
    truth: bool | None


def _knowledge(term: Term, parts: tuple[_Knowledge, ...]) -> _Knowledge:
    bits = _bits(term, parts)
    return _Knowledge(bits, _truth(term, parts, bits))


def _bits(term: Term, parts: tuple[_Knowledge, ...]) -> Bits:
    full = (1 << (term.bits or 1)) - 1
    if is_constant(term):
        return Bits(full, term.value)
    if term.op == "bvnot":
        inner = parts[0].bits
        return Bits(inner.known, ~inner.value & inner.known)
    if term.op in _WISE:
        return _WISE[term.op](parts[0].bits, parts[1].bits, full)
    if term.op == "ite":
        x, y = parts[1].bits, parts[2].bits
        known = x.known & y.known & ~(x.value ^ y.value)
        return Bits(known, x.value & known)
    if term.op in ("bvshl", "bvlshr") and is_constant(term.args[1]):
        return _shift(term, parts[0].bits, full)
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


def _shift(term: Term, inner: Bits, full: int) -> Bits:
    by = term.args[1].value
    if by >= term.bits:
        return Bits(full, 0)
    if term.op == "bvshl":
        return Bits((inner.known << by | ((1 << by) - 1)) & full, inner.value << by & full)
    return Bits(inner.known >> by | (full & ~(full >> by)), inner.value >> by)


def _truth(term: Term, parts: tuple[_Knowledge, ...], bits: Bits) -> bool | None:
    if is_constant(term):
        return bool(term.value)
    if term.op == "not":
        return None if parts[0].truth is None else not parts[0].truth
    if term.op in ("and", "or"):
        return _connective([part.truth for part in parts], settles=term.op == "or")
    if term.op == "=":
        return _equal(parts[0].bits, parts[1].bits, (1 << term.args[0].bits) - 1)
    if term.op == "ite":
        chosen, x, y = (part.truth for part in parts)
        return (x if chosen else y) if chosen is not None else x if x == y else None
    if not term.bits:
        return None
    return True if bits.value else False if bits.known == (1 << term.bits) - 1 else None


def _connective(parts: list[bool | None], settles: bool) -> bool | None:
    if settles in parts:
        return settles
    return None if None in parts else not settles


def _equal(x: Bits, y: Bits, full: int) -> bool | None:
    common = x.known & y.known
    if (x.value ^ y.value) & common:
        return False
    return True if common == full else None
