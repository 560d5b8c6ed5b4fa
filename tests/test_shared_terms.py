"""Terms that share their parts: one object each, gone once nobody holds it, and walked through part by part.

Without it, a table with many roots could take minutes, or end in a stack overflow.

Each term here is 10,000 operators deep and stands twice in the next, so that whoever walks through it as a tree, by
recursion or by its text, does not come back.
"""

from __future__ import annotations

import copy
import datetime
import gc
import importlib
import inspect
import pickle
import pkgutil
import re
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from types import ModuleType

import pytest

from modalloc_model import gate, words
from modalloc_model.addresses import term_text
from modalloc_model.cache import digest
from modalloc_model.descriptor import Table
from modalloc_model.engine.dependence import dependences
from modalloc_model.engine.regions import wrapping
from modalloc_model.gate import changes, expectations, guarantees, matching, renaming
from modalloc_model.gate import hunks as hunks_of
from modalloc_model.gate.directions import addresses, capacity, directions, extremes, pairs, protections
from modalloc_model.gate.directions import reach as reaching
from modalloc_model.gate.findings import Compared, Finding, Shape
from modalloc_model.gate.reading import Ends
from modalloc_model.gate.trees import Sources
from modalloc_model.isolation import Worker
from modalloc_model.kernel.protections import bits_of, truth_of
from modalloc_model.kernel.tables import TreeReading
from modalloc_model.params import ParamSet, Range, Region
from modalloc_model.report.harmless import harmless
from modalloc_model.report.machines import constant_length
from modalloc_model.smt import smtlib
from modalloc_model.smt.smtlib import BITS, INTEGERS, Query
from modalloc_model.verdict import TableReport
from modalloc_model.words import Term, constant, eq, proposition, truth, ult, variable
from modalloc_model.words.terms import _KNOWN
from tests.descriptor.writing import one
from tests.gate.repositories import LEGACY

DEPTH = 10_000
TODAY = datetime.date(2024, 1, 1)
W = 64
X = variable("x", W)
P = proposition("p")


def deep(term: Term, operator: Callable[[Term, Term], Term] = Term.__and__) -> Term:
    """The term combined with itself, over and over."""
    for _ in range(DEPTH):
        term = operator(term, term)
    return term


def both(x: Term, y: Term) -> Term:
    """A truth value that is another expression than its parts: neither of two that are alike."""
    return Term("not", (Term("and", (x, y)),))


@cache
def word() -> Term:
    return deep(X, Term.__add__)


@cache
def formula() -> Term:
    return deep(P, both)


# -- one object each -------------------------------------------------------------------------------------------------


def test_an_expression_is_one_object_however_it_is_made() -> None:
    x, y = variable("x", W), variable("y", W)
    assert x is X
    assert x + y is Term("bvadd", (x, y), W)
    assert x + 1 is x + constant(1, W)
    assert words.all_of(ult(x, y), P) is Term("and", (truth(ult(x, y)), P))
    assert words.choose(P, x, y) is Term("ite", (P, x, y), W)
    assert Term("const", bits=W, value=7) is constant(7, W)
    assert hash(x + y) == hash(x + y)


def test_expressions_that_differ_in_anything_are_different_objects() -> None:
    terms = [X, variable("y", W), variable("x", 32), proposition("x"), constant(1, W), constant(1, 32), X + 1, 1 + X]
    terms += [Term("bvadd", (X, X), 32), X + X, words.TRUE, words.FALSE, Term("and", (P, P)), Term("or", (P, P))]
    assert len(set(terms)) == len({id(term) for term in terms}) == len(terms)


def test_a_term_goes_once_nobody_holds_it_and_is_made_anew() -> None:
    term = variable("nobody else has this name", W) + 12345
    known = [weakref.ref(term), weakref.ref(term.args[0])]
    table = _KNOWN["bvadd", W]
    key = term.args
    assert key in table
    del term, key
    gc.collect()
    assert [ref() for ref in known] == [None, None]
    assert not any(variable("nobody else has this name", W) in args for args in table)  # type: ignore[operator]


def test_a_deep_term_goes_as_a_whole() -> None:
    def alive() -> int:
        gc.collect()
        return sum(len(table) for table in _KNOWN.values())

    before = alive()
    term = deep(variable("gone", W))
    assert alive() >= before + DEPTH
    del term
    assert alive() <= before + 1


def test_a_term_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        X.name = "y"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        X.another = 1  # type: ignore[attr-defined]


def test_copies_and_what_was_pickled_are_the_same_object() -> None:
    for term in (X, constant(3, W), words.TRUE, P, word(), formula()):
        assert copy.copy(term) is term
        assert copy.deepcopy(term) is term
        assert copy.deepcopy([term, term])[1] is term
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(term, protocol)) is term
    assert len(pickle.dumps(word())) < 100 * DEPTH


def _depth(term: Term) -> int:
    return words.folded(term, lambda part, depths: 1 + max(depths, default=0))


def test_a_deep_term_goes_to_another_process_and_is_one_object_there() -> None:
    worker: Worker[Term, int] = Worker(_depth)
    try:
        assert worker.call(word()) == DEPTH + 1
    finally:
        worker.close()


# -- every function --------------------------------------------------------------------------------------------------

WORDS: dict[str, Callable[[Term, Term], object]] = {
    "constant": lambda w, f: constant(1, W) & w,
    "variable": lambda w, f: variable("x", W) & w,
    "proposition": lambda w, f: words.all_of(proposition("q"), f),
    "truth": lambda w, f: truth(f),
    "is_constant": lambda w, f: words.is_constant(w),
    "lift": lambda w, f: words.lift(w, W),
    "ult": lambda w, f: ult(w, w + 1),
    "ule": lambda w, f: words.ule(w, 1),
    "eq": lambda w, f: eq(w, w),
    "ne": lambda w, f: words.ne(w, 5),
    "negate": lambda w, f: words.negate(f),
    "all_of": lambda w, f: words.all_of(f, P, f),
    "any_of": lambda w, f: words.any_of(f, P, f),
    "implies": lambda w, f: words.implies(f, f),
    "iff": lambda w, f: words.iff(f, f),
    "exactly_one": lambda w, f: words.exactly_one(f, P, f),
    "choose": lambda w, f: words.choose(f, w, 1),
    "decide": lambda w, f: words.decide(f, f, P),
    "largest": lambda w, f: words.largest(w, w + 1),
    "smallest": lambda w, f: words.smallest(w, w + 1),
    "align_up": lambda w, f: words.align_up(w, w, W),
    "align_down": lambda w, f: words.align_down(w, w, W),
    "wrap": lambda w, f: words.wrap(w, W),
    "is_power_of_two": lambda w, f: words.is_power_of_two(w),
    "is_aligned": lambda w, f: words.is_aligned(w, w),
    "within": lambda w, f: words.within(w, w, w),
    "overlap": lambda w, f: words.overlap(w, w, w, w),
    "disjoint": lambda w, f: words.disjoint(w, w, w, w),
    "evaluate": lambda w, f: (words.evaluate(w, {"x": 1}), words.evaluate(f, {"p": 1})),
    "upwards": lambda w, f: len(list(words.upwards(w, f))),
    "folded": lambda w, f: words.folded(w, lambda part, parts: len(parts)),
    "variables": words.variables,
    "constants": words.constants,
    "lower_bound": lambda w, f: words.lower_bound(deep(truth(words.ule(constant(3, W), X)), both_hold), "x"),
    "substitute": lambda w, f: (words.substitute(w, {"x": 1}), words.substitute(f, {"q": 1})),
    "replaced": lambda w, f: words.replaced(w, {X: variable("y", W)}),
    "render": lambda w, f: (words.render(w), words.render(f)),
    "is_large": lambda w, f: (words.is_large(w), words.is_large(f)),
}


def both_hold(x: Term, y: Term) -> Term:
    return Term("and", (x, y))


def questions(w: Term, f: Term, logic: str) -> Query:
    return Query("deep", {"word": truth(ult(w, 1)), "formula": f}, logic)


SMTLIB: dict[str, Callable[[Term, Term], object]] = {
    "write": lambda w, f: [smtlib.write(questions(w, f, logic)) for logic in (BITS, INTEGERS)],
    "document": lambda w, f: [smtlib.document(questions(w, f, logic), ("deep",)) for logic in (BITS, INTEGERS)],
    "Query": lambda w, f: Query.validity("deep", {"formula": f}, f),
}


@cache
def base() -> ParamSet:
    """The legacy table, each of whose ranges begins at a deep term that comes to where it began."""
    table = one(LEGACY, "legacy.c")
    return _moved(table, Term.__and__)


@cache
def head() -> ParamSet:
    """The same, with another deep term that comes to the same, and a range that ends a MiB earlier."""
    return _moved(one(LEGACY.replace("MODULES_END - 1", "MODULES_END - 0x100001"), "legacy.c"), Term.__or__)


def _moved(table: ParamSet, operator: Callable[[Term, Term], Term]) -> ParamSet:
    text, *others = table.types
    first = deep(text.ranges[0].start, operator)
    text = replace(text, ranges=(Range.from_bounds(first, text.ranges[0].end, inclusive=True), *text.ranges[1:]))
    return replace(table, types=(text, *others))


def tables() -> tuple[Table, Table]:
    return Table(base()), Table(head())


def reports() -> tuple[TableReport, TableReport]:
    return TableReport(base(), ()), TableReport(head(), ())


def ends() -> Ends:
    old, new = tables()
    return Ends({"legacy.c": (old,)}, {"other.c": (new,)}, (), ())


@cache
def compare() -> Compared:
    return Compared(*tables(), changes.changes(base(), head()))


def sources() -> Sources:
    reading = TreeReading.__new__(TreeReading)
    object.__setattr__(reading, "made", {base().id: {}})
    object.__setattr__(reading, "files", {})
    return Sources(ends(), reading, reading)


@cache
def moved() -> list[Finding]:
    return list(directions(base(), head(), Shape()))


def whole() -> list[pairs.Interval]:
    chosen = base().types[0].ranges[0]
    return [pairs.Interval(chosen.nonempty, chosen.first, chosen.last)]


def theirs() -> list[pairs.Interval]:
    chosen = head().types[0].ranges[0]
    return [pairs.Interval(chosen.nonempty, chosen.first, chosen.last)]


def start() -> Term:
    return base().types[0].ranges[0].first


GATE: dict[str, Callable[[], object]] = {
    "changes.changes": lambda: compare().changes,
    "changes.likeness": lambda: changes.likeness(base(), head()),
    "changes.fields": lambda: changes.fields(base()),
    "directions.directions": moved,
    "directions.addresses.compare": lambda: list(addresses.compare(base(), head())),
    "directions.capacity.compare": lambda: list(capacity.compare(base(), head(), Shape())),
    "directions.capacity.modules": lambda: capacity.modules(capacity.capacity(base(), Shape()) or [], boot()),
    "directions.capacity.measure_modules": lambda: capacity.measure_modules(
        base(), capacity.capacity(base(), Shape()) or []
    ),
    "directions.capacity.capacity": lambda: capacity.capacity(base(), Shape()),
    "directions.extremes.least": lambda: extremes.least(start(), base().machine.domain, base().machine.unknowns),
    "directions.extremes.measure": lambda: extremes.measure(
        start(), base().machine.domain, base().machine.unknowns, "bytes"
    ),
    "directions.pairs.restrict_unknowns": lambda: pairs.restrict_unknowns((base(), head()), whole()[0].first),
    "directions.pairs.without": lambda: pairs.without(whole(), theirs()),
    "directions.pairs.length": lambda: pairs.length(whole(), W),
    "directions.pairs.length_outside": lambda: pairs.length_outside(whole(), theirs(), W),
    "directions.pairs.pairs": lambda: list(pairs.pairs(base(), head())),
    "directions.pairs.boots": lambda: pairs.boots(base(), head()),
    "directions.pairs.unknowns": lambda: pairs.unknowns(base(), head()),
    "directions.pairs.floors": lambda: pairs.floors(base(), head()),
    "directions.protections.compare": lambda: list(protections.compare(base(), head())),
    "directions.reach.compare": lambda: list(reaching.compare(base(), head())),
    "directions.reach.margin": lambda: reaching.margin(base(), base().machine.reach[0], "kernel"),
    "expectations.wrong_expectations": lambda: list(
        expectations.wrong_expectations((), [], {"legacy": reports()[0]}, TODAY)
    ),
    "renaming.rename_unknowns": lambda: renaming.rename_unknowns(base(), head()),
    "guarantees.of_added": lambda: list(guarantees.of_added(reports()[0])),
    "guarantees.between": lambda: list(guarantees.between(*reports(), same_machine=True)),
    "guarantees.rules_without_result": lambda: list(guarantees.rules_without_result(reports()[0], ["RNG001"])),
    "hunks.hunks": lambda: hunks_of.hunks([compare()], sources()),
    "matching.matches": lambda: matching.matches(ends()),
}


def boot() -> dict[str, int]:
    return {unknown.name: unknown.lowest for unknown in base().machine.unknowns}


_OF_TERMS = re.compile(r"Term|Truth|Word|ParamSet|Interval|Share|Table|Ends|Compared|Sources|Machine|AllocType")


def public(module: ModuleType) -> dict[str, Callable[..., object]]:
    """Of a package, what its modules define and it passes on."""
    own = {name: found for name, found in vars(module).items() if not name.startswith("_") and callable(found)}
    return {name: found for name, found in own.items() if getattr(found, "__module__", "").startswith(module.__name__)}


def of_the_gate() -> Iterator[str]:
    """The gate's functions that are given something with terms in it."""
    for info in pkgutil.walk_packages(gate.__path__, f"{gate.__name__}."):
        for name, function in public(importlib.import_module(info.name)).items():
            given = str(inspect.signature(function)).rpartition("->")[0] if inspect.isfunction(function) else ""
            if _OF_TERMS.search(given):
                yield f"{info.name.removeprefix(f'{gate.__name__}.')}.{name}"


def test_every_function_is_tried() -> None:
    assert set(WORDS) == set(public(words)) - {"Term"}, "its operators have a test of their own"
    assert set(SMTLIB) == set(public(smtlib)) - {"label", "slug", "symbol", "wrapped"}, "these are given texts"
    assert set(GATE) == set(of_the_gate())


@pytest.mark.parametrize("name", WORDS)
def test_a_function_of_words_takes_deep_terms(name: str) -> None:
    assert WORDS[name](word(), formula()) is not None


@pytest.mark.parametrize("name", SMTLIB)
def test_a_function_of_smtlib_takes_deep_terms(name: str) -> None:
    assert SMTLIB[name](word(), formula())


@pytest.mark.parametrize("name", GATE)
def test_a_function_of_the_gate_takes_tables_of_deep_terms(name: str) -> None:
    assert GATE[name]() is not None


OPERATORS = [
    name for name in vars(Term) if re.fullmatch(r"__r?(add|sub|mul|and|or|xor|[lr]shift|floordiv|mod)__", name)
]


@pytest.mark.parametrize("name", [*OPERATORS, "__invert__", "__neg__", "__str__", "__repr__", "__hash__"])
def test_an_operator_takes_a_deep_term(name: str) -> None:
    operands = (word(),) if name in OPERATORS else ()
    assert getattr(word(), name)(*operands) is not None


def test_what_the_gate_says_of_deep_terms_is_what_it_says_of_plain_ones() -> None:
    plain = one(LEGACY, "legacy.c"), one(LEGACY.replace("MODULES_END - 1", "MODULES_END - 0x100001"), "legacy.c")
    found = [(f.kind, f.subject, f.message) for f in moved()]
    assert found == [(f.kind, f.subject, f.message) for f in directions(*plain, Shape())]
    fields = [change.field for change in compare().changes]
    assert fields == [change.field for change in changes.changes(*plain)], "starts that come to the same are alike"


def test_the_rest_of_the_tool_takes_deep_terms() -> None:
    assert digest(word()) != digest(word() + 1)
    assert harmless(base()) is base()
    assert pickle.loads(pickle.dumps(base())).types[0].ranges[0].first is start()
    assert term_text(start(), base().machine)
    assert constant_length(base().machine.windows[0]) is not None or base().machine.windows
    assert bits_of(word()).known == 0
    assert truth_of(formula()) is None
    assert list(dependences(base()))
    offset = deep(variable(base().machine.unknowns[0].name, W), Term.__add__)
    machine = replace(base().machine, windows=(Region("deep", offset, offset),))
    assert wrapping([replace(base(), machine=machine)]) == ()


# -- texts -----------------------------------------------------------------------------------------------------------


def test_texts_grow_with_the_term_and_not_with_its_tree() -> None:
    for text in (words.render(word()), smtlib.write(questions(word(), formula(), BITS))):
        assert len(text) < 200 * DEPTH
    assert len(repr(word())) < 500


def test_a_large_term_is_shown_with_names_for_its_parts() -> None:
    part1 = variable("part1", W)
    term = part1 + X
    for _ in range(10):
        term = term * term
    text = words.render(term)
    assert text.startswith("({ part2 = part1 + x; part3 = part2 * part2; part4 = part3 * part3; ")
    assert text.endswith("part11 = part10 * part10; part11 * part11; })")


def test_of_a_large_term_what_occurs_once_stays_in_its_place_and_names_go_from_left_to_right() -> None:
    left, right = X + 5, X - 5
    term = (left * left) ^ (right * right) ^ (X & 3)
    for _ in range(10):
        term = term * term
    text = words.render(term)
    assert text.startswith("({ part1 = x + 5; part2 = x - 5; part3 = ((part1 * part1) ^ (part2 * part2)) ^ (x & 3); ")


def test_a_small_term_is_shown_as_an_expression_though_it_shares_parts() -> None:
    assert words.render((X + 1) * (X + 1)) == "(x + 1) * (x + 1)"


def test_a_deep_term_that_shares_nothing_is_written_in_short_pieces() -> None:
    term = X
    for number in range(DEPTH):
        term = term + variable(f"x{number % 7}", W)
    for text in (words.render(term).replace("; ", ";\n"), smtlib.write(Query("deep", {"t": truth(eq(term, 1))}))):
        assert max(map(len, text.splitlines())) < 4000
