"""Reads terms: the value under an assignment, bounds, and substitution."""

from __future__ import annotations

from collections.abc import Mapping

from modalloc_model.words.formulas import all_of, any_of, choose
from modalloc_model.words.terms import MEANING, Term, _parts, apply, folded, is_constant, lift, literal, truth, upwards


def evaluate(term: Term, values: Mapping[str, int] | None = None) -> int:
    """The term's value (0 or 1 for a truth value) under an assignment; KeyError for a variable without a value."""
    known: dict[Term, int] = {}
    for part in upwards(term):
        known[part] = _computed(part, values or {}, known)
    return known[term]


def _computed(term: Term, values: Mapping[str, int], known: Mapping[Term, int]) -> int:
    if not term.args:
        return term.value if is_constant(term) else values[term.name]
    result = int(MEANING[term.op](term.args[0].bits, *[known[arg] for arg in term.args]))
    return result & ((1 << term.bits) - 1) if term.bits else result


def constants(*terms: Term) -> set[int]:
    """The values of the constant words in the terms."""
    return {term.value for term in _parts(terms) if term.bits and is_constant(term)}


def lower_bound(formula: Term, name: str) -> int:
    """A lower bound on the word in every model of the formula, from its comparisons with constants."""
    bounds: dict[Term, int] = {}
    for part in upwards(formula, into=_connected):
        inner = [bounds[arg] for arg in _connected(part)]
        bounds[part] = (max(inner) if part.op == "and" else min(inner)) if inner else _bound(part, name)
    return bounds[formula]


def _connected(term: Term) -> tuple[Term, ...]:
    return term.args if term.op in ("and", "or") else ()


def _bound(term: Term, name: str) -> int:
    if term.op not in ("bvult", "bvule"):
        return 0
    low, word = term.args
    return low.value + (term.op == "bvult") if word.name == name and is_constant(low) else 0


def substitute(term: Term, values: Mapping[str, int]) -> Term:
    """The term with constants in place of the variables that have a value."""

    def new(part: Term, args: tuple[Term, ...]) -> Term:
        if part.op == "var" and part.name in values:
            return literal(values[part.name], part.bits)
        return _rebuilt(part, args) if args else part

    return folded(term, new)


def replaced(term: Term, others: Mapping[Term, Term]) -> Term:
    """The term with other terms in place of its subterms; the surrounding operators are not simplified."""

    def new(part: Term, args: tuple[Term, ...]) -> Term:
        return others[part] if part in others else Term(part.op, args, part.bits, part.value, part.name)

    return folded(term, new)


def _rebuilt(term: Term, args: tuple[Term, ...]) -> Term:
    if term.op in ("and", "or"):
        return truth(all_of(*args) if term.op == "and" else any_of(*args))
    if term.op == "ite":
        return lift(choose(*args), term.bits)
    return apply(term.op, term.bits, args)
