"""The functions that formulas are written with: on Python integers they compute, on terms they build a term."""

from __future__ import annotations

from collections.abc import Iterable

from modalloc_model.words.terms import (
    CONSTANT,
    MEANING,
    Term,
    Truth,
    Word,
    applied,
    apply,
    constant,
    is_constant,
    lift,
    truth,
)


def _compare(op: str, x: Word, y: Word) -> Truth:
    if not isinstance(y, Term):
        if not isinstance(x, Term):
            return bool(MEANING[op](0, x, y))
        y = constant(y, x.bits)
    elif not isinstance(x, Term):
        x = constant(x, y.bits)
    if x.op in CONSTANT and y.op in CONSTANT:
        return apply(op, 0, (x, y))
    return applied(op, (x, y), 0)


# -- comparisons, all unsigned ---------------------------------------------------------------------------------------


def ult(x: Word, y: Word) -> Truth:
    """x < y."""
    return _compare("bvult", x, y)


def ule(x: Word, y: Word) -> Truth:
    """x <= y."""
    return _compare("bvule", x, y)


def eq(x: Word, y: Word) -> Truth:
    """x and y have the same value."""
    return _compare("=", x, y)


def ne(x: Word, y: Word) -> Truth:
    """x and y have different values."""
    return negate(eq(x, y))


# -- connectives -----------------------------------------------------------------------------------------------------


def negate(x: Truth) -> Truth:
    """Not x."""
    if not isinstance(x, Term):
        return not x
    if x.op == "not":
        return x.args[0]
    return truth(not x.value) if x.op in CONSTANT else applied("not", (x,), 0)


def all_of(*conjuncts: Truth) -> Truth:
    """All of them hold; TRUE for none."""
    return _connect("and", conjuncts, absorbing=False)


def any_of(*disjuncts: Truth) -> Truth:
    """At least one holds; FALSE for none."""
    return _connect("or", disjuncts, absorbing=True)


def _connect(op: str, parts: Iterable[Truth], absorbing: bool) -> Truth:
    terms = absorbed = False
    rest: list[Term] = []
    for part in parts:
        if isinstance(part, Term):
            terms = True
            if part.op not in CONSTANT:
                rest.append(part)
                continue
            absorbed |= bool(part.value) is absorbing
        else:
            absorbed |= part is absorbing
    if absorbed or not rest:
        return truth(absorbing is absorbed) if terms else absorbing is absorbed
    return rest[0] if len(rest) == 1 else applied(op, tuple(rest), 0)


def implies(x: Truth, y: Truth) -> Truth:
    """If x then y."""
    return any_of(negate(x), y)


def iff(x: Truth, y: Truth) -> Truth:
    """Both or neither."""
    if isinstance(x, Term) or isinstance(y, Term):
        return apply("=", 0, (truth(x), truth(y)))
    return x == y


def exactly_one(*parts: Truth) -> Truth:
    """One of them holds and no other."""
    pairs = [negate(all_of(x, y)) for i, x in enumerate(parts) for y in parts[i + 1 :]]
    return all_of(any_of(*parts), *pairs)


def choose(condition: Truth, x: Word, y: Word) -> Word:
    """x if the condition holds, else y."""
    if not isinstance(condition, Term):
        return x if condition else y
    if is_constant(condition):
        return x if condition.value else y
    bits = x.bits if isinstance(x, Term) else y.bits if isinstance(y, Term) else 0
    return applied("ite", (condition, lift(x, bits), lift(y, bits)), bits)


def decide(condition: Truth, x: Truth, y: Truth) -> Truth:
    """The truth of x if the condition holds, else that of y."""
    return any_of(all_of(condition, x), all_of(negate(condition), y))


# -- the arithmetic of allocators ------------------------------------------------------------------------------------


def largest(x: Word, y: Word) -> Word:
    """The larger of two words."""
    if isinstance(x, Term) and x.op == "const" and not x.value:
        return y  # a term keeps its shape if a hole starts at address 0
    return choose(ult(x, y), y, x)


def smallest(x: Word, y: Word) -> Word:
    """The smaller of two words."""
    return choose(ult(y, x), y, x)


def align_up(x: Word, alignment: Word, bits: int) -> Word:
    """ALIGN(x, a) as include/linux/align.h has it: (x + a - 1) & ~(a - 1), wrapping; for powers of two."""
    return wrap((x + alignment - 1) & ~(alignment - 1), bits)


def align_down(x: Word, alignment: Word, bits: int) -> Word:
    """ALIGN_DOWN(x, a): x & ~(a - 1)."""
    return wrap(x & ~(alignment - 1), bits)


def wrap(x: Word, bits: int) -> Word:
    """x modulo 2**bits; a term wraps by itself."""
    return x if isinstance(x, Term) else x & ((1 << bits) - 1)


def is_power_of_two(x: Word) -> Truth:
    """x is 1, 2, 4, ...; not 0."""
    return all_of(ne(x, 0), eq(x & (x - 1), 0))


def is_aligned(x: Word, alignment: Word) -> Truth:
    """x is a multiple of a power of two."""
    return eq(x & (alignment - 1), 0)


def within(x: Word, lo: Word, last: Word) -> Truth:
    """lo <= x <= last."""
    return all_of(ule(lo, x), ule(x, last))


def overlap(lo: Word, last: Word, other_lo: Word, other_last: Word) -> Truth:
    """[lo, last] and [other_lo, other_last], both nonempty, have a byte in common."""
    return all_of(ule(lo, other_last), ule(other_lo, last))


def disjoint(lo: Word, last: Word, other_lo: Word, other_last: Word) -> Truth:
    """[lo, last] and [other_lo, other_last], both nonempty, have no byte in common."""
    return any_of(ult(last, other_lo), ult(other_last, lo))
