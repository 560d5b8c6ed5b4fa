"""What is written for solvers means what the terms mean, over bits and over integers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modalloc_model.engine.solvers import SOLVERS, ask, holds_in, prove
from modalloc_model.smt.smtlib import BITS, INTEGERS, Query, write
from modalloc_model.words import (
    Term,
    all_of,
    choose,
    constant,
    eq,
    implies,
    is_aligned,
    lift,
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


@pytest.mark.parametrize("logic", [BITS, INTEGERS])
@given(term=linear(), a=values, b=values)
@settings(max_examples=60)
def test_both_writings_compute_what_evaluation_does(logic: str, term: Term, a: int, b: int) -> None:
    from modalloc_model.words import evaluate

    expected = evaluate(term, {"a": a, "b": b})
    given_values = all_of(eq(variable("a", WIDTH), a), eq(variable("b", WIDTH), b))
    right = Query("t", {"values": truth(given_values), "result": truth(eq(term, expected))}, logic)
    wrong = Query("t", {"values": truth(given_values), "result": truth(eq(term, (expected + 1) & 255))}, logic)
    assert ask(right).status == "sat"
    assert ask(wrong).status == "unsat"


@given(term=linear())
@settings(max_examples=40)
def test_a_model_satisfies_the_terms_themselves(term: Term) -> None:
    query = Query("t", {"odd": truth(eq(term & 1, 1))})
    answer = ask(query)
    assert answer.status in ("sat", "unsat")
    if answer.status == "sat":
        assert holds_in(query, answer.model)


def test_integers_never_claim_what_masks_decide() -> None:
    x = variable("x", WIDTH)
    query = Query.validity("t", {}, truth(is_aligned(x & ~7, constant(8, WIDTH))))
    from dataclasses import replace

    assert ask(replace(query, logic=INTEGERS)).status == "sat", "a mask is any word there"
    assert prove(query).status == "unsat", "and the bits decide it"


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_agree_on_a_wrapping_sum(solver: str) -> None:
    x, y = variable("x", 64), variable("y", 64)
    no_wrap = truth(implies(ule(x, x + y), ule(y, x + y)))
    assert prove(Query.validity("t", {}, no_wrap), solver).status == "unsat"
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
