"""Splits a table whose alignments depend on the boot into one table for each combination of their values.

Solvers are slow with masks of unknown words, and runs differ if the boot decides whether memory is reused. So if the
granularities and alignments have at most MOST combinations of values, each is decided alone, in the boots that have it.
A rule is proved if it is proved for each. A table with more combinations is decided as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from modalloc_model.engine.solvers import Budget, settle
from modalloc_model.params import AllocType, ParamSet
from modalloc_model.smt.smtlib import Query
from modalloc_model.verdict import Result, TableReport, Verdict
from modalloc_model.words import Term, all_of, any_of, constant, eq, evaluate, is_constant, ne, truth

MOST = 16  # values


def cases(table: ParamSet, solver: str, budget: Budget) -> tuple[ParamSet, ...]:
    """The table for each combination of values; the table alone if there is no choice, or too much choice."""
    words = _open_words(table)
    found = tuple(_values(table, words, solver, budget)) if words else ()
    if len(found) > MOST or not found:
        return (table,)
    return tuple(_case(table, dict(zip(words, values, strict=True))) for values in found)


def _open_words(table: ParamSet) -> tuple[Term, ...]:
    """The granularities and alignments that depend on the boot, each once."""
    words = (word for t in table.types for word in (t.granularity, t.alignment))
    return tuple(dict.fromkeys(word for word in words if not is_constant(word)))


def _values(table: ParamSet, words: Sequence[Term], solver: str, budget: Budget) -> Iterator[tuple[int, ...]]:
    """The combinations of values, sorted; MOST + 1 of them if there are more, none if the solver gives up."""
    domain, seen = table.machine.domain, list[tuple[int, ...]]()
    while len(seen) <= MOST:
        others = (any_of(*(ne(w, v) for w, v in zip(words, values, strict=True))) for values in seen)
        query = Query("values of alignments", {"boot": domain, "others": truth(all_of(True, *others))})
        answer = settle(query, solver, budget)
        if answer.status == "unsat":
            break
        if answer.status != "sat":
            return
        boot = {**table.machine.floors, **answer.model}
        seen.append(tuple(evaluate(word, boot) for word in words))
    yield from sorted(seen)


def _case(table: ParamSet, values: Mapping[Term, int]) -> ParamSet:
    """The table in the boots in which the words have these values."""
    chosen = tuple(truth(eq(word, value)) for word, value in values.items())
    machine = replace(table.machine, constraints=(*table.machine.constraints, *chosen))
    types = tuple(_with_values(t, values) for t in table.types)
    return replace(table, machine=machine, types=types)


def _with_values(t: AllocType, values: Mapping[Term, int]) -> AllocType:
    def value_of(word: Term) -> Term:
        return constant(values[word], word.bits) if word in values else word

    return replace(t, granularity=value_of(t.granularity), alignment=value_of(t.alignment))


ORDER = (Verdict.INCONSISTENT, Verdict.REFUTED, Verdict.UNDECIDED, Verdict.VACUOUS)


def join_reports(table: ParamSet, reports: Sequence[TableReport]) -> TableReport:
    """One report for all cases: the worst result of each rule and subject; of equally bad ones, the first.

    A result counts even if other cases do not have its subject.
    """
    if len(reports) == 1:
        return reports[0]
    found: dict[tuple[str, str], Result] = {}
    for result in (result for report in reports for result in report.results):
        key = (result.rule, result.subject)
        if key not in found or _badness(result) < _badness(found[key]):
            found[key] = result
    order = list(dict.fromkeys(result.rule for report in reports for result in report.results))
    return TableReport(table, tuple(sorted(found.values(), key=lambda result: order.index(result.rule))))


def _badness(result: Result) -> int:
    order = (*ORDER, Verdict.PROVED)
    return order.index(result.verdict) if result.verdict in order else len(order)
