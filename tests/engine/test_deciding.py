"""The witness that people are shown is the least there is, as an enumeration of all of them says.

Without it, the witness could be a large one where a small one says more.

Without it we would miss a witness that is not the least.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from hypothesis import event, given, settings
from hypothesis import strategies as st

from modalloc_model.engine.deciding import decide, least, lowest
from modalloc_model.engine.solvers import Budget, settle
from modalloc_model.smt.smtlib import Query
from modalloc_model.words import (
    TRUE,
    Term,
    all_of,
    any_of,
    constant,
    eq,
    evaluate,
    lower_bound,
    negate,
    truth,
    ule,
    ult,
    variable,
)

BITS = 3
NAMES = ("size", "boot", "probe")
numbers = st.integers(0, 7)


def words() -> st.SearchStrategy[Term]:
    leaves = st.one_of(numbers.map(lambda n: constant(n, BITS)), st.sampled_from(NAMES).map(_word))
    return st.recursive(leaves, lambda t: st.builds(lambda x, y: x + y, t, t), max_leaves=2)


def formulas() -> st.SearchStrategy[Term]:
    compared = st.builds(lambda f, x, y: truth(f(x, y)), st.sampled_from((ult, ule, eq)), words(), words())

    def longer(f: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        some = st.lists(f, min_size=1, max_size=3)
        return st.one_of(
            some.map(lambda parts: truth(all_of(*parts))),
            some.map(lambda parts: truth(any_of(*parts))),
            f.map(lambda part: truth(negate(part))),
        )

    return st.recursive(compared, longer, max_leaves=6)


def some_floors() -> st.SearchStrategy[dict[str, int]]:
    """In the order in which words are made least."""
    three = st.integers(0, 2)
    return st.tuples(three, three, three).map(lambda values: dict(zip(NAMES, values, strict=True)))


def _word(name: str) -> Term:
    return variable(name, BITS)


def models(formula: Term, floors: Mapping[str, int]) -> list[dict[str, int]]:
    """Every model that is nowhere below its floor, the least first."""
    ranges = [range(floors[name], 1 << BITS) for name in NAMES]
    every = (dict(zip(NAMES, values, strict=True)) for values in product(*ranges))
    return [model for model in every if evaluate(formula, model)]


@given(formula=formulas(), name=st.sampled_from(NAMES))
@settings(max_examples=100)
def test_no_model_is_below_the_bound_that_comparisons_say(formula: Term, name: str) -> None:
    bound = lower_bound(formula, name)
    event("says something" if bound else "says nothing")
    assert all(model[name] >= bound for model in models(formula, dict.fromkeys(NAMES, 0)))


@given(formula=formulas(), floors=some_floors())
@settings(max_examples=100)
def test_a_model_that_nobody_was_asked_for_is_the_least(formula: Term, floors: dict[str, int]) -> None:
    found = lowest(formula, floors)
    event("found" if found else "not found")
    assert found is None or found == models(formula, floors)[0]


@given(formula=formulas(), floors=some_floors())
@settings(max_examples=60)
def test_a_model_is_lowered_to_the_least(formula: Term, floors: dict[str, int]) -> None:
    within = all_of(formula, *(ule(floor, _word(name)) for name, floor in floors.items()))
    query = Query("any", {"formula": truth(within)})
    answer = settle(query)
    every = models(formula, floors)
    assert (answer.status == "sat") == bool(every)
    if every and answer.model:
        found = least(query, answer, floors, Budget())
        assert found == {name: every[0][name] for name in found}


@given(formula=formulas(), any_=st.booleans())
@settings(max_examples=60)
def test_what_fails_fails_in_the_witness_and_what_holds_has_none(formula: Term, any_: bool) -> None:
    failing = models(truth(negate(formula)), dict.fromkeys(NAMES, 0))
    decision = decide("d", TRUE, formula, {}, Budget(), "z3", any_)
    assert decision.holds is not bool(failing)
    assert decision.holds or not evaluate(formula, {**dict.fromkeys(NAMES, 0), **decision.boot})
