"""Terms mean on integers what they mean as words.

Without it, a formula could be true of integers and false of words, or the other way round.

Without it we would miss an operator that computes one thing on integers and means another as a term.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modalloc_model.words import (
    Term,
    align_down,
    align_up,
    constant,
    disjoint,
    eq,
    evaluate,
    is_aligned,
    is_power_of_two,
    largest,
    lift,
    negate,
    overlap,
    smallest,
    substitute,
    truth,
    ule,
    ult,
    variable,
)

BITS = (8, 32, 64)
words = st.integers(0, (1 << 64) - 1)


def value(term: object, **values: int) -> int:
    assert isinstance(term, Term)
    return evaluate(term, values)


@given(st.sampled_from(BITS), words, words)
def test_arithmetic_wraps(bits: int, x: int, y: int) -> None:
    mask = (1 << bits) - 1
    a, b = variable("a", bits), variable("b", bits)
    given_values = {"a": x & mask, "b": y & mask}
    assert evaluate(a + b, given_values) == (x + y) & mask
    assert evaluate(a - b, given_values) == (x - y) & mask
    assert evaluate(~a, given_values) == ~x & mask


@given(st.sampled_from(BITS), words, words)
def test_a_formula_means_the_same_on_integers_and_on_terms(bits: int, x: int, y: int) -> None:
    mask = (1 << bits) - 1
    x, y = x & mask, y & mask
    a, b = variable("a", bits), variable("b", bits)
    for formula in (align_up, align_down):
        assert value(formula(a, b, bits), a=x, b=y) == formula(x, y, bits)
    for pair in (largest, smallest):
        assert value(lift(pair(a, b), bits), a=x, b=y) == pair(x, y)
    for relation in (ult, ule, eq, is_aligned):
        assert value(truth(relation(a, b)), a=x, b=y) == relation(x, y)
    assert value(truth(is_power_of_two(a)), a=x) == is_power_of_two(x)


@given(st.integers(0, 63), words)
def test_align_up_gives_the_least_multiple(shift: int, x: int) -> None:
    up = align_up(x, 1 << shift, 128)
    assert up == -(-x // (1 << shift)) * (1 << shift)


@given(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15), st.integers(0, 15))
def test_intervals_overlap_where_they_share_an_address(lo: int, size: int, other: int, length: int) -> None:
    shared = set(range(lo, lo + size + 1)) & set(range(other, other + length + 1))
    assert overlap(lo, lo + size, other, other + length) == bool(shared)
    assert disjoint(lo, lo + size, other, other + length) == (not shared)


@given(st.sampled_from(BITS), words)
def test_substitution_is_evaluation(bits: int, x: int) -> None:
    a, b = variable("a", bits), variable("b", bits)
    term = align_up(a + 3, b, bits)
    assert isinstance(term, Term)
    known = substitute(term, {"a": x & ((1 << bits) - 1), "b": 8})
    assert evaluate(known) == value(term, a=x & ((1 << bits) - 1), b=8)


def test_terms_refuse_signed_comparison() -> None:
    with pytest.raises(TypeError, match="ult"):
        _ = variable("a", 64) < constant(1, 64)


def test_terms_have_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(negate(eq(variable("a", 64), 1)))
