"""What is written for solvers means what the terms mean, over bits and over integers.

Without it, a solver would decide another question than the one that was asked.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modalloc_model.engine.solvers import SOLVERS, ask, holds_in, settle
from modalloc_model.smt.smtlib import BITS, INTEGERS, Query, write
from modalloc_model.words import (
    Term,
    all_of,
    choose,
    constant,
    eq,
    evaluate,
    implies,
    lift,
    ne,
    truth,
    ule,
    ult,
    variable,
)

WIDTH = 8
values = st.integers(0, 255)


def linear() -> st.SearchStrategy[Term]:
    leaves = st.one_of(
        values.map(lambda v: constant(v, WIDTH)), st.sampled_from("ab").map(lambda n: variable(n, WIDTH))
    )
    return st.recursive(leaves, lambda t: st.one_of(
        st.tuples(t, t).map(lambda p: p[0] + p[1]),
        st.tuples(t, t).map(lambda p: p[0] - p[1]),
        st.tuples(t, t, t, t).map(lambda p: lift(choose(ult(p[0], p[1]), p[2], p[3]), WIDTH)),
    ), max_leaves=6)  # fmt: skip


def by_constants() -> st.SearchStrategy[Term]:
    """What a constant does to a word: all of it is exact over integers, but division by 0 and masks with gaps."""
    bits = st.integers(0, WIDTH)
    masks = st.tuples(bits, bits).map(lambda ends: (1 << max(ends)) - (1 << min(ends))).filter(bool)

    def longer(t: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        return st.one_of(
            st.tuples(t, masks).map(lambda p: p[0] & p[1]),
            st.tuples(masks, t).map(lambda p: p[0] & p[1]),
            st.tuples(t, values).map(lambda p: p[0] * p[1]),
            st.tuples(t, st.integers(1, 255)).map(lambda p: p[0] % p[1]),
            st.tuples(t, st.integers(1, 255)).map(lambda p: p[0] // p[1]),
            st.tuples(t, st.integers(0, WIDTH + 1)).map(lambda p: p[0] << p[1]),
            st.tuples(t, st.integers(0, WIDTH + 1)).map(lambda p: p[0] >> p[1]),
            t.map(lambda x: ~x),
            t.map(lambda x: -x),
            st.tuples(t, t).map(lambda p: p[0] + p[1]),
        )

    return st.recursive(st.sampled_from("ab").map(lambda n: variable(n, WIDTH)), longer, max_leaves=4)


@given(term=by_constants())
@settings(max_examples=60)
def test_what_a_constant_does_is_no_arbitrary_word(term: Term) -> None:
    assert "any!" not in write(Query("t", {"t": truth(eq(term, 1))}, INTEGERS))


@pytest.mark.parametrize("logic", [BITS, INTEGERS])
@given(term=st.one_of(linear(), by_constants()), a=values, b=values)
@settings(max_examples=120)
def test_both_writings_compute_what_evaluation_does(logic: str, term: Term, a: int, b: int) -> None:
    expected = evaluate(term, {"a": a, "b": b})
    given_values = all_of(eq(variable("a", WIDTH), a), eq(variable("b", WIDTH), b))
    right = Query("t", {"values": truth(given_values), "result": truth(eq(term, expected))}, logic)
    wrong = Query("t", {"values": truth(given_values), "result": truth(eq(term, (expected + 1) & 255))}, logic)
    assert ask(right).status == "sat"
    assert ask(wrong).status == "unsat"


X = variable("x", WIDTH)
BY_A_CONSTANT = {
    **{f"x & {m}": X & m for m in (0x01, 0x0F, 0xF0, 0x18, 0x80, 0xFF)}, "12 & x": 12 & X,
    **{f"x * {m}": X * m for m in (0, 1, 3, 255)}, "3 * x": constant(3, WIDTH) * X,
    **{f"x % {m}": X % m for m in (1, 3, 255)}, **{f"x // {m}": X // m for m in (1, 3, 255)},
    **{f"x << {n}": X << n for n in (0, 1, 7, 8, 9)}, **{f"x >> {n}": X >> n for n in (0, 1, 7, 8, 9)},
    "~x": ~X, "-x": -X,
}  # fmt: skip
BY_NONE = {
    "x & 0": X & 0, "x & 5": X & 5, "x % 0": X % 0, "x // 0": X // 0, "7 % x": constant(7, WIDTH) % X,
    "7 // x": constant(7, WIDTH) // X, "1 << x": constant(1, WIDTH) << X, "9 >> x": constant(9, WIDTH) >> X,
    "x * x": X * X, "x & y": X & variable("y", WIDTH), "x | 1": X | 1, "x ^ 1": X ^ 1,
}  # fmt: skip


@pytest.mark.parametrize("name", BY_A_CONSTANT)
def test_what_a_constant_does_is_computed_over_integers(name: str) -> None:
    term = BY_A_CONSTANT[name]
    for x in (0, 1, 90, 255):
        expected = evaluate(term, {"x": x})
        known = {"x": truth(eq(X, x)), "else": truth(ne(term, expected))}
        assert ask(Query("t", known, INTEGERS)).status == "unsat", (x, expected)
        assert ask(Query("t", {**known, "else": truth(eq(term, expected))}, INTEGERS)).status == "sat"


@pytest.mark.parametrize("name", BY_NONE)
def test_what_integers_cannot_say_is_any_word_and_the_same_for_the_same_term(name: str) -> None:
    term, words = BY_NONE[name], truth(all_of(eq(X, 5), eq(variable("y", WIDTH), 4)))
    if term.args:
        for result in (0, 77, 255):
            text = write(query := Query("t", {"words": words, "any": truth(eq(term, result))}, INTEGERS))
            assert text.count("(declare-const any!0 Int)") == 1
            assert ask(query).status == "sat"
        both = Query("t", {"one": truth(eq(term, 1)), "two": truth(eq(term, 2))}, INTEGERS)
        assert ask(both).status == "unsat"


@given(term=linear())
@settings(max_examples=40)
def test_a_model_satisfies_the_terms_themselves(term: Term) -> None:
    query = Query("t", {"odd": truth(eq(term & 1, 1))})
    answer = ask(query)
    assert answer.status in ("sat", "unsat")
    if answer.status == "sat":
        assert holds_in(query, answer.model)


def test_integers_never_claim_what_masks_decide() -> None:
    x, y = variable("x", WIDTH), variable("y", WIDTH)
    query = Query.validity("t", {}, truth(ule(x & y, y)))
    assert ask(replace(query, logic=INTEGERS)).status == "sat", "a mask is any word there"
    assert settle(query).status == "unsat", "and the bits decide it"


def test_a_model_over_integers_counts_if_it_is_one_in_bits() -> None:
    x = variable("x", WIDTH)
    answer = settle(Query("t", {"mask": truth(eq(x & ~7, 16)), "odd": truth(eq(x % 2, 1))}))
    assert (answer.status, answer.logic) == ("sat", INTEGERS)
    assert answer.model["x"] in (17, 19, 21, 23)
    gaps = settle(Query("t", {"gaps": truth(eq(x & 5, 5)), "even": truth(eq(x % 2, 0))}))
    assert (gaps.status, gaps.logic) == ("unsat", BITS)


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_agree_on_a_wrapping_sum(solver: str) -> None:
    x, y = variable("x", 64), variable("y", 64)
    no_wrap = truth(implies(ule(x, x + y), ule(y, x + y)))
    assert settle(Query.validity("t", {}, no_wrap), solver).status == "unsat"
    assert ask(Query.validity("t", {}, truth(ule(x, x + y))), solver).status == "sat"


def test_the_text_does_not_depend_on_what_was_asked_before() -> None:
    query = Query.validity("t", {"h": truth(ule(variable("a b", 64), 7))}, truth(ult(variable("a b", 64), 8)))
    before = write(query)
    ask(Query("other", {"x": truth(eq(variable("x", 64), 1))}))
    assert write(query) == before
    assert "|a b|" in before


def test_a_query_without_variables_is_computed() -> None:
    assert ask(Query("t", {"false": truth(False)})).status == "unsat"
    assert ask(Query("t", {"true": truth(True)})).status == "sat"
