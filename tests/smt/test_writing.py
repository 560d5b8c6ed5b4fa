"""The scripts for solvers as they are written: one question with every operator, in each writing.

Without it, a changed script would show only in a solver's answer, if at all.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from modalloc_model.engine.solvers import settle
from modalloc_model.smt.smtlib import BITS, INTEGERS, Query, document, label, slug, symbol, wrapped, write
from modalloc_model.words import (
    all_of,
    any_of,
    choose,
    constant,
    eq,
    iff,
    lift,
    negate,
    proposition,
    truth,
    ule,
    ult,
    variable,
)

GOLDEN = Path(__file__).parent / "golden"
a, b, p = variable("a", 4), variable("odd name", 4), proposition("p")
TWICE = a + b
QUESTION = Query(
    "first line\nsecond",
    {
        "sum": truth(ule(TWICE, TWICE - a)),
        "mask": truth(eq(a & (b | 3), ~b)),
        "truths": truth(all_of(p, any_of(negate(p), ult(a, b)), iff(p, ult(b, a)))),
        "rest": truth(eq(lift(choose(p, a * b, a << 1), 4), (a >> 2) ^ (b % 3) + b // 2)),
    },
)


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.smt2").read_text(encoding="utf-8")


def test_a_question_in_bits() -> None:
    assert write(QUESTION) == golden("bits")


def test_a_question_over_integers() -> None:
    assert write(replace(QUESTION, logic=INTEGERS), cores=False) == golden("integers")


def test_a_question_for_people() -> None:
    assert document(QUESTION, ["a remark", "", "another"], {"sum": "what it is"}, "sat") == golden("document")
    bare = document(QUESTION, [])
    assert "(set-info :status" not in bare
    assert "what it is" not in bare
    assert bare.startswith("; first line\n; second\n(set-info :smt-lib-version 2.6)\n")


def test_a_proof_asks_for_the_goal_negated_beside_its_hypotheses() -> None:
    query = Query.validity("n", {"h": p}, truth(ult(a, b)))
    assert query == Query("n", {"h": p, "goal": truth(negate(ult(a, b)))}, BITS)
    assert Query.validity("n", {}, p, INTEGERS).logic == INTEGERS


@pytest.mark.parametrize(
    ("name", "written"),
    [("a", "a"), ("R.start0", "R.start0"), ("x-1_$", "x-1_$"), ("a b", "|a b|"), ("0a", "|0a|"), ("a|b\\c", "|a!b!c|")],
)
def test_a_name_is_quoted_where_it_must_be(name: str, written: str) -> None:
    assert symbol(name) == written
    assert label(name) == f"assert:{name}"


def test_long_lines_are_wrapped_and_names_of_files_are_plain() -> None:
    assert wrapped("") == [""]
    assert wrapped("one\ntwo") == ["one", "two"]
    assert [len(line) for line in wrapped("x" * 60 + " " + "y" * 55 + " z")] == [116, 1]
    assert slug("RNG001 at 32 bits: “x”, y.") == "RNG001-at-32-bits-x-y"


def test_integers_wrap_where_the_words_do_even_if_no_variable_says_where() -> None:
    picked = lift(choose(p, constant(3, 8), constant(5, 8)), 8)
    wrong = Query.validity("n", {}, truth(any_of(eq(picked + 1, 3), eq(picked + 1, 5))))
    assert "(< (+ x y) 256)" in write(replace(wrong, logic=INTEGERS))
    assert settle(wrong).status == "sat"
    assert "(< (+ x y) 2)" in write(Query("n", {"p": p}, INTEGERS))


def test_words_of_two_widths_are_not_asked_about_over_integers() -> None:
    both = truth(all_of(ule(variable("c", 3), 1), ule(variable("d", 5), 1)))
    with pytest.raises(ValueError, match=r"words of \[3, 5\] bits"):
        write(Query("n", {"h": both}, INTEGERS))
    assert "bvule" in write(Query("n", {"h": both}, BITS))


def test_a_question_that_starts_with_what_it_repeats_defines_it_once() -> None:
    text = write(Query("n", {"x": truth(eq(TWICE * TWICE, TWICE))}))
    assert text.count("bvadd") == 1
    assert text.count("term!0") == 4
