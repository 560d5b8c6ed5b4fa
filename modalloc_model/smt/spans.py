"""Intervals of addresses as terms: what every design's operations are written in."""

from __future__ import annotations

from dataclasses import dataclass

from modalloc_model.words import (
    TRUE,
    Term,
    Truth,
    align_down,
    align_up,
    all_of,
    choose,
    constant,
    eq,
    negate,
    proposition,
    truth,
    ule,
    ult,
    variable,
    within,
)


@dataclass(frozen=True, slots=True)
class Span:
    """The addresses [lo, last]; where `exists` fails there are none."""

    lo: Term
    last: Term
    exists: Term = TRUE

    def holds(self, address: Term) -> Term:
        """The address is one of them."""
        return truth(all_of(self.exists, within(address, self.lo, self.last)))

    @property
    def ordered(self) -> Term:
        """It is an interval, and holds at least one address."""
        return truth(ule(self.lo, self.last))

    def inside(self, other: Span) -> Term:
        """Every address of it is one of the other's."""
        return truth(all_of(ule(other.lo, self.lo), ule(self.last, other.last)))

    def apart(self, other: Span) -> Term:
        """No address of it is one of the other's."""
        return truth(negate(all_of(self.exists, other.exists, ule(self.lo, other.last), ule(other.lo, self.last))))

    def same(self, other: Span) -> Term:
        """The same addresses."""
        return truth(all_of(eq(self.lo, other.lo), eq(self.last, other.last)))


def as_word(term: object) -> Term:
    """The term itself: for type checkers, where a function of `words` may give an integer for integers."""
    assert isinstance(term, Term)
    return term


def aligned(x: Term, alignment: Term) -> Term:
    """ALIGN(x, alignment)."""
    return as_word(align_up(x, alignment, x.bits))


def pages_of(span: Span, page: Term) -> Span:
    """The whole pages of which the span holds a byte."""
    lo = as_word(align_down(span.lo, page, span.lo.bits))
    return Span(lo, span.last | (page - 1), span.exists)


def touches(lower: Span, upper: Span) -> Term:
    """The upper one starts where the lower one ends, and no address lies between."""
    return truth(all_of(lower.exists, upper.exists, ult(lower.last, upper.lo), eq(lower.last + 1, upper.lo)))


def joined(below: Span, middle: Span, above: Span) -> Span:
    """The middle with those of its two neighbours that exist, as one."""
    lo = _pick(below.exists, below.lo, middle.lo)
    return Span(lo, _pick(above.exists, above.last, middle.last))


def _pick(condition: Truth, x: Term, y: Term) -> Term:
    return as_word(choose(condition, x, y))


def whole_space(bits: int) -> Span:
    """Every address there is."""
    return Span(constant(0, bits), constant(-1, bits))


def any_span(name: str, bits: int, exists: Term = TRUE) -> Span:
    """Any interval, whose ends are variables."""
    return Span(variable(f"{name}.lo", bits), variable(f"{name}.last", bits), exists)


def optional_span(name: str, bits: int) -> Span:
    """Any interval, or none."""
    return any_span(name, bits, proposition(f"{name}.exists"))
