"""Operators and connectives against plain arithmetic, on integers and on terms, at a width at which all words fit.

Without it, everything that is decided would rest on operators that nobody compared with numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from modalloc_model.words import (
    FALSE,
    TRUE,
    Term,
    Truth,
    Word,
    align_down,
    align_up,
    all_of,
    any_of,
    choose,
    constant,
    decide,
    disjoint,
    eq,
    evaluate,
    exactly_one,
    iff,
    implies,
    is_aligned,
    is_constant,
    is_power_of_two,
    largest,
    lift,
    lower_bound,
    ne,
    negate,
    overlap,
    proposition,
    render,
    smallest,
    substitute,
    truth,
    ule,
    ult,
    variable,
    variables,
    within,
    wrap,
)

W = 3
TOP = (1 << W) - 1
WORDS = range(1 << W)
a, b, c = (variable(name, W) for name in "abc")
p, q, r = (proposition(name) for name in "pqr")

ARITHMETIC: dict[str, tuple[Callable[..., Term], Callable[[int, int], int]]] = {
    "+": (lambda x, y: x + y, lambda x, y: x + y),
    "-": (lambda x, y: x - y, lambda x, y: x - y),
    "*": (lambda x, y: x * y, lambda x, y: x * y),
    "&": (lambda x, y: x & y, lambda x, y: x & y),
    "|": (lambda x, y: x | y, lambda x, y: x | y),
    "^": (lambda x, y: x ^ y, lambda x, y: x ^ y),
    "<<": (lambda x, y: x << y, lambda x, y: x * 2**y),
    ">>": (lambda x, y: x >> y, lambda x, y: x // 2**y),
    "/": (lambda x, y: x // y, lambda x, y: x // y if y else TOP),
    "%": (lambda x, y: x % y, lambda x, y: x % y if y else x),
}

RELATIONS: dict[str, tuple[Callable[..., Truth], Callable[[int, int], bool]]] = {
    "ult": (ult, lambda x, y: x < y),
    "ule": (ule, lambda x, y: x <= y),
    "eq": (eq, lambda x, y: x == y),
    "ne": (ne, lambda x, y: x != y),
}

CONNECTIVES: dict[str, tuple[Callable[..., Truth], Callable[[bool, bool, bool], bool]]] = {
    "all_of": (all_of, lambda x, y, z: x and y and z),
    "any_of": (any_of, lambda x, y, z: x or y or z),
    "exactly_one": (exactly_one, lambda x, y, z: x + y + z == 1),
    "decide": (decide, lambda x, y, z: y if x else z),
    "negate": (lambda x, y, z: negate(x), lambda x, y, z: not x),
    "implies": (lambda x, y, z: implies(x, y), lambda x, y, z: not x or y),
    "iff": (lambda x, y, z: iff(x, y), lambda x, y, z: x == y),
}


def pairs() -> Iterator[tuple[int, int]]:
    return product(WORDS, WORDS)


def as_int(word: Word, **values: int) -> int:
    return word if isinstance(word, int) else evaluate(word, values)


def as_bool(value: Truth, **values: int) -> bool:
    assert isinstance(value, bool | Term)
    if isinstance(value, bool):
        return value
    assert value.bits == 0
    assert evaluate(value, values) in (0, 1)
    return bool(evaluate(value, values))


# -- arithmetic ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ARITHMETIC)
def test_an_operator_computes_modulo_the_width(operator: str) -> None:
    of_terms, of_integers = ARITHMETIC[operator]
    open_term = of_terms(a, b)
    assert open_term.bits == W
    for x, y in pairs():
        expected = of_integers(x, y) & TOP
        assert evaluate(open_term, {"a": x, "b": y}) == expected
        assert of_terms(constant(x, W), constant(y, W)) == constant(expected, W)


@pytest.mark.parametrize("operator", ARITHMETIC)
def test_an_integer_beside_a_term_is_a_word_of_its_width(operator: str) -> None:
    of_terms, of_integers = ARITHMETIC[operator]
    for x, y in pairs():
        assert evaluate(of_terms(a, y), {"a": x}) == of_integers(x, y) & TOP


@pytest.mark.parametrize("operator", ["+", "-", "&"])
def test_an_integer_may_stand_first(operator: str) -> None:
    of_terms, of_integers = ARITHMETIC[operator]
    for x, y in pairs():
        assert evaluate(of_terms(x, b), {"b": y}) == of_integers(x, y) & TOP


def test_complement_and_negation_are_words() -> None:
    for x in WORDS:
        assert evaluate(~a, {"a": x}) == TOP - x
        assert evaluate(-a, {"a": x}) == -x & TOP
        assert ~constant(x, W) == constant(TOP - x, W)
        assert -constant(x, W) == constant(-x, W)


def test_nothing_is_rounded_where_words_are_longer_than_a_float() -> None:
    x, y = variable("x", 64), variable("y", 64)
    large = (1 << 64) - 1
    values = {"x": large, "y": 3}
    assert evaluate(x // y, values) == large // 3
    assert evaluate(x % 10, values) == large % 10
    assert evaluate(x * y, values) == large * 3 & large
    assert evaluate(x >> 1, values) == large >> 1
    assert evaluate((x // 1) - large, values) == 0


def test_a_constant_is_a_word_of_its_width() -> None:
    assert constant(-1, W) == constant(TOP, W)
    assert constant(TOP + 2, W).value == 1
    assert constant(5, W).bits == W
    assert constant(5, W) != constant(5, W + 1)


# -- comparisons -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_comparison_is_unsigned_and_means_the_same_on_integers_and_terms(relation: str) -> None:
    compare, expected = RELATIONS[relation]
    for x, y in pairs():
        assert compare(x, y) is expected(x, y)
        assert as_bool(compare(a, b), a=x, b=y) is expected(x, y)
        assert as_bool(compare(a, y), a=x) is expected(x, y)
        assert as_bool(compare(x, b), b=y) is expected(x, y)
        assert compare(constant(x, W), constant(y, W)) == truth(expected(x, y))


@pytest.mark.parametrize("operator", [lambda: a < b, lambda: a <= b, lambda: a > b, lambda: a >= b])
def test_python_s_own_comparisons_are_refused(operator: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=r"^words are compared with ult\(\) and ule\(\): unsigned, and said so$"):
        operator()


def test_a_term_is_not_a_condition_of_python() -> None:
    told = r"^a term has no truth value in Python: combine it with all_of\(\), any_of\(\), negate\(\)$"
    with pytest.raises(TypeError, match=told):
        bool(p)


# -- connectives -----------------------------------------------------------------------------------------------------


def mixtures(values: tuple[bool, ...]) -> Iterator[tuple[Truth, ...]]:
    """The same values as truth values of Python, as constants and as propositions, in every mixture."""
    names = "pqr"
    return product(*((value, truth(value), proposition(names[i])) for i, value in enumerate(values)))


@pytest.mark.parametrize("connective", CONNECTIVES)
def test_a_connective_has_its_truth_table_however_its_parts_are_written(connective: str) -> None:
    connect, expected = CONNECTIVES[connective]
    for values in product((False, True), repeat=3):
        x, y, z = (int(value) for value in values)
        for parts in mixtures(values):
            assert as_bool(connect(*parts), p=x, q=y, r=z) is bool(expected(*values))


def test_of_nothing_all_hold_and_none_does() -> None:
    assert all_of() is True
    assert any_of() is False
    assert exactly_one() is False


@pytest.mark.parametrize("connective", CONNECTIVES)
def test_truth_values_of_python_stay_such(connective: str) -> None:
    connect, expected = CONNECTIVES[connective]
    for values in product((False, True), repeat=3):
        assert connect(*values) is bool(expected(*values))


@pytest.mark.parametrize("connective", CONNECTIVES)
def test_constants_are_folded_into_a_constant(connective: str) -> None:
    connect, expected = CONNECTIVES[connective]
    for values in product((False, True), repeat=3):
        assert connect(*map(truth, values)) == truth(expected(*values))


def test_what_says_nothing_leaves_no_trace() -> None:
    assert all_of(True, p, TRUE) == p
    assert any_of(False, p, FALSE) == p
    assert all_of(p, False) == FALSE
    assert all_of(p, FALSE) == FALSE
    assert any_of(p, True) == TRUE
    assert any_of(p, TRUE) == TRUE
    assert negate(negate(p)) == p
    assert render(truth(all_of(p, q, True))) == "p && q"
    assert render(truth(any_of(p, FALSE, q))) == "p || q"


def test_truth_makes_terms_of_truth_values() -> None:
    assert truth(True) == TRUE
    assert truth(False) == FALSE
    assert truth(p) is p
    assert (TRUE.value, FALSE.value, TRUE.bits) == (1, 0, 0)
    assert [is_constant(term) for term in (TRUE, FALSE, constant(1, W), a, p, a + b)] == [True] * 3 + [False] * 3


def test_a_choice_takes_one_of_two_words() -> None:
    for x, y in pairs():
        assert choose(True, x, y) == x
        assert choose(False, x, y) == y
        assert choose(TRUE, a, b) is a
        assert choose(FALSE, a, b) is b
        for first, second in ((a, b), (x, b), (a, y)):
            chosen = choose(p, first, second)
            assert isinstance(chosen, Term)
            assert chosen.bits == W
            assert as_int(chosen, p=1, a=x, b=y) == x
            assert as_int(chosen, p=0, a=x, b=y) == y


# -- the arithmetic of allocators ------------------------------------------------------------------------------------


def both_ways(function: Callable[..., Word], *values: int) -> set[int]:
    """The function's value on integers and on terms."""
    names = "abcd"
    terms = [variable(names[i], W) for i in range(len(values))]
    of_terms = function(*terms)
    return {as_int(function(*values)), as_int(of_terms, **dict(zip(names, values, strict=False)))}


def test_the_larger_and_the_smaller_of_two_words() -> None:
    for x, y in pairs():
        assert both_ways(largest, x, y) == {max(x, y)}
        assert both_ways(smallest, x, y) == {min(x, y)}
        assert as_int(largest(constant(x, W), b), b=y) == max(x, y)
    assert largest(constant(0, W), b) is b
    assert is_constant(lift(largest(constant(1, W), constant(2, W)), W))


def test_align_rounds_to_multiples_and_wraps_at_the_top() -> None:
    for x in WORDS:
        for shift in range(W):
            power = 1 << shift
            up, down = -(-x // power) * power, x // power * power
            assert both_ways(lambda v, w: align_up(v, w, W), x, power) == {up & TOP}
            assert both_ways(lambda v, w: align_down(v, w, W), x, power) == {down}


def test_wrap_is_a_remainder_for_integers_and_nothing_for_terms() -> None:
    assert [wrap(x, W) for x in (-1, 0, TOP, TOP + 1, TOP + 2)] == [TOP, 0, TOP, 0, 1]
    assert wrap(a, W) is a


def test_powers_of_two_and_their_multiples() -> None:
    powers = [1, 2, 4]
    for x in WORDS:
        assert as_bool(is_power_of_two(x)) is (x in powers)
        assert as_bool(is_power_of_two(a), a=x) is (x in powers)
        for power in powers:
            assert as_bool(is_aligned(x, power)) is (x % power == 0)
            assert as_bool(is_aligned(a, b), a=x, b=power) is (x % power == 0)


def test_intervals_are_within_overlap_and_are_disjoint_as_sets_are() -> None:
    names = ("a", "b", "c", "d")
    terms = [variable(name, W) for name in names]
    for lo, last, other, end in product(range(5), repeat=4):
        values = dict(zip(names, (lo, last, other, end), strict=True))
        inside = lo in range(last, other + 1)
        assert as_bool(within(lo, last, other)) is inside
        assert as_bool(within(*terms[:3]), **values) is inside
        if lo <= last and other <= end:
            shared = bool({*range(lo, last + 1)} & {*range(other, end + 1)})
            assert as_bool(overlap(lo, last, other, end)) is shared
            assert as_bool(overlap(*terms), **values) is shared
            assert as_bool(disjoint(lo, last, other, end)) is not shared
            assert as_bool(disjoint(*terms), **values) is not shared


# -- reading a term --------------------------------------------------------------------------------------------------


def test_evaluation_needs_a_value_for_each_variable_it_meets() -> None:
    with pytest.raises(KeyError, match="b"):
        evaluate(a + b, {"a": 1})
    with pytest.raises(KeyError):
        evaluate(a)
    assert evaluate(constant(5, W)) == 5


def test_a_term_that_stands_in_many_places_is_evaluated_once() -> None:
    deep = a
    for _ in range(200):
        deep = deep + deep
    assert evaluate(deep, {"a": 1}) == 0
    assert list(variables(deep)) == ["a"]


def test_variables_are_named_in_order_of_appearance() -> None:
    term = truth(all_of(ult(b + a, c), negate(p), eq(a, b)))
    assert list(variables(term)) == ["b", "a", "c", "p"]
    assert variables(term)["b"] is b
    assert list(variables(a, c, b, a)) == ["a", "c", "b"]
    assert variables() == {}
    assert variables(constant(1, W)) == {}


def test_variables_are_found_behind_what_was_seen_before() -> None:
    both = a + b
    assert list(variables(both, both, c)) == ["a", "b", "c"]


EVERYTHING = (
    a + b, a - b, a * b, a & b, a | b, a ^ b, a << b, a >> b, a // b, a % b, ~a, -a,
    truth(ult(a, b)), truth(ule(a, b)), truth(eq(a, b)), truth(negate(eq(a, b))), truth(iff(p, ult(a, b))),
    truth(all_of(p, ult(a, b))), truth(any_of(p, ult(a, b))), lift(choose(p, a, b), W),
    lift(choose(ult(a, b), a, b), W),
)  # fmt: skip


@pytest.mark.parametrize("term", EVERYTHING, ids=str)
def test_substitution_leaves_the_rest_open_and_keeps_the_value(term: Term) -> None:
    for x, y, z in product((0, 1, 5), (0, 3, 7), (0, 1)):
        values = {"a": x, "b": y, "p": z}
        known = substitute(term, {"a": x, "p": z})
        assert set(variables(known)) <= {"b"}
        assert known.bits == term.bits
        assert evaluate(known, {"b": y}) == evaluate(term, values)
        assert is_constant(substitute(term, values))
    assert substitute(term, {}) == term
    assert substitute(term, {"elsewhere": 1}) == term


def test_what_a_substitution_decides_leaves_no_trace() -> None:
    assert substitute(lift(choose(p, a, b), W), {"p": 1}) == a
    assert substitute(lift(choose(p, a, b), W), {"p": 0}) == b
    assert substitute(truth(all_of(p, ult(a, b))), {"p": 1}) == ult(a, b)
    assert substitute(truth(any_of(p, ult(a, b))), {"p": 1}) == TRUE


def test_terms_are_written_as_in_c() -> None:
    written = [render(term) for term in EVERYTHING]
    assert written == [
        "a + b", "a - b", "a * b", "a & b", "a | b", "a ^ b", "a << b", "a >> b", "a / b", "a % b", "~a", "0 - a",
        "a < b", "a <= b", "a == b", "!(a == b)", "p == (a < b)",
        "p && (a < b)", "p || (a < b)", "p ? a : b", "(a < b) ? a : b",
    ]  # fmt: skip
    assert str(~(a + b)) == "~(a + b)"


def test_numbers_of_one_digit_are_written_in_decimal() -> None:
    assert [render(constant(n, 8)) for n in (0, 9, 10, 255)] == ["0", "9", "0xa", "0xff"]
    assert [render(TRUE), render(FALSE)] == ["true", "false"]


def test_lifting_keeps_terms_and_makes_words_of_integers() -> None:
    assert lift(a, 64) is a
    assert lift(9, W) == constant(1, W)
    assert variable("a", W) == a
    assert proposition("p") == p


def test_a_bound_is_what_comparisons_with_constants_say() -> None:
    size = variable("size", 4)
    at_least, above = truth(ule(3, size)), truth(ult(4, size))
    assert lower_bound(at_least, "size") == 3
    assert lower_bound(above, "size") == 5
    assert lower_bound(truth(all_of(at_least, above)), "size") == 5
    assert lower_bound(truth(any_of(at_least, above)), "size") == 3
    assert lower_bound(truth(any_of(all_of(at_least, ule(7, size)), all_of(above, ule(6, size)))), "size") == 6


@pytest.mark.parametrize(
    "formula",
    [
        ule(variable("size", 4), 3),
        ule(3, variable("other", 4)),
        ule(3, variable("size", 4) + 1),
        eq(variable("size", 4), 3),
    ],
)
def test_a_bound_that_nothing_says_is_zero(formula: Term) -> None:
    assert lower_bound(formula, "size") == 0
    assert lower_bound(truth(any_of(formula, ule(3, variable("size", 4)))), "size") == 0


def test_a_bound_of_another_word_is_none_of_this() -> None:
    assert lower_bound(truth(ule(variable("other", 4), variable("size", 4))), "size") == 0
    assert lower_bound(truth(negate(ule(3, variable("size", 4)))), "size") == 0


def test_terms_may_be_deep() -> None:
    """A measure over many intervals is a sum of sums: nothing that looks at it may recurse."""
    term = variable("x", W)
    for _ in range(10_000):
        term = term + 3 - variable("y", W)
    assert evaluate(term, {"x": 1, "y": 3}) == 1
    assert evaluate(substitute(term, {"y": 3}), {"x": 1}) == 1
    assert set(variables(term)) == {"x", "y"}
