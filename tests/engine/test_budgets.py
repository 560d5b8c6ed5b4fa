"""What ends a question: work, which is the same on any machine, and time only where somebody asked for it.

Without it, a verdict could depend on how busy the machine is.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Iterator, Mapping
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

import modalloc_model
import proofs
from modalloc_model.cli import main
from modalloc_model.cli.deciding import limits, options
from modalloc_model.cli.parser import Parser
from modalloc_model.cli.verify import add as add_verify
from modalloc_model.engine import Options, solvers, verify_table
from modalloc_model.engine.solvers import Answer, Budget, ask
from modalloc_model.isolation import Limits, run_all
from modalloc_model.properties import RULES
from modalloc_model.smt.smtlib import Query
from modalloc_model.theorems.certificates import proof_of
from modalloc_model.theorems.prove import How, prove_rule
from modalloc_model.verdict import ExitStatus, Verdict
from modalloc_model.words import Term, eq, truth, ule, variable
from tests.engine.tables import RIGHT, table


def hard() -> Query:
    """Two factors of a number: nothing that is found soon."""
    x, y = variable("x", 64), variable("y", 64)
    small = 1 << 32
    bounds = {"x": truth(ule(2, x)), "y": truth(ule(2, y)), "below": truth(ule(x, small)), "too": truth(ule(y, small))}
    return Query("hard", {**bounds, "product": truth(eq(x * y, 0x7FFFFFFFFFFFFFE7))})


def budgets() -> Iterator[tuple[str, Budget]]:
    """Every budget that a module of the project keeps."""
    for package in (modalloc_model, proofs):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith("__main__"):
                module = importlib.import_module(info.name)
                yield from ((f"{info.name}.{n}", v) for n, v in vars(module).items() if isinstance(v, Budget))


def test_no_budget_of_the_tool_s_own_has_seconds() -> None:
    found = dict(budgets())
    assert len(found) >= 5
    assert {name for name, budget in found.items() if budget.seconds is not None} == set()
    for budget in (Budget(), Options().budget, How().budget):
        assert budget.seconds is None


def parsed(add: Any, *words: str) -> Any:
    parser = Parser(prog="modalloc")
    add(parser.add_subparsers(parser_class=Parser))
    return parser.parse_args(words)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[How]:
    """How the theorems are asked for that `prove` wants; none of them is proved."""
    found: list[How] = []

    def record(widths: object, how: How, *others: object) -> Iterator[object]:
        found.append(how)
        return iter(())

    monkeypatch.setattr("modalloc_model.theorems.prove.prove", record)
    return found


def test_by_default_no_command_sets_a_time(asked: list[How]) -> None:
    args = parsed(add_verify, "verify", "x")
    assert options(args, frozenset()).budget == Budget()
    assert limits(args).seconds is None
    assert main(["prove"]) == ExitStatus.VACUOUS
    assert [how.budget for how in asked] == [Budget()]


def test_a_user_s_resources_and_time_go_to_each_question(asked: list[How]) -> None:
    args = parsed(add_verify, "verify", "x", "--resources", "7", "--timeout", "2", "--table-timeout", "3")
    assert options(args, frozenset()).budget == Budget(7, 2.0)
    assert limits(args).seconds == 3.0
    main(["prove", "--timeout", "2"])
    assert [how.budget for how in asked] == [Budget(seconds=2.0)]


@pytest.mark.parametrize("solver", solvers.SOLVERS)
def test_a_question_ends_after_the_same_work_each_time(solver: str) -> None:
    pytest.importorskip(solver)
    first, second = (ask(hard(), solver, Budget(resources=200_000)) for _ in range(2))
    assert first.status == "unknown"
    assert first.reason == "the resource limit was reached"
    assert first.resources == second.resources > 0
    assert (second.status, second.reason) == (first.status, first.reason)


@pytest.mark.parametrize("solver", solvers.SOLVERS)
def test_what_a_user_s_time_cuts_says_so(solver: str) -> None:
    pytest.importorskip(solver)
    answer = ask(hard(), solver, Budget(seconds=0.001))
    assert (answer.status, answer.reason) == ("unknown", "the time limit that was asked for was reached (0.001 s)")


# -- on a machine that is so busy that hours go by -------------------------------------------------------------------


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two looks at a clock an hour goes by."""
    hours = count(0.0, 3600.0)
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        monkeypatch.setattr(time, name, lambda: next(hours))


@pytest.mark.usefixtures("busy")
def test_an_hour_between_looks_at_the_clock_changes_no_verdict() -> None:
    assert verify_table(table(RIGHT)).verdict is Verdict.PROVED
    assert prove_rule(RULES["ROI005"], 32, How(isolated=True)).verdict is Verdict.PROVED
    text, why = proof_of("z3", "(set-logic QF_LIA)\n(declare-const x Int)\n(assert (< x x))\n(check-sat)\n", Budget())
    assert (bool(text), why) == (True, "")


def twice(number: int) -> int:
    return 2 * number


@pytest.mark.usefixtures("busy")
def test_an_hour_between_looks_at_the_clock_loses_no_table() -> None:
    assert list(run_all(twice, [1, 2, 3], 2)) == [2, 4, 6]
    assert list(run_all(twice, [1, 2, 3], 2, Limits(memory=4096))) == [2, 4, 6]


class Slow:
    """A solver that is never done within a time."""

    def check(self, script: str, logic: str, wanted: Mapping[str, Term], budget: Budget) -> Answer:
        if budget.seconds is not None:
            return Answer("unknown", reason=budget.out_of_time)
        answer: Answer = importlib.import_module(solvers.SOLVERS["z3"]).check(script, logic, wanted, budget)
        return answer


def test_a_solver_that_is_slow_proves_what_it_proves(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, modules = Slow(), importlib.import_module
    monkeypatch.setattr(solvers, "import_module", lambda name: slow if name == "slow" else modules(name))
    monkeypatch.setattr(solvers, "SOLVERS", {**solvers.SOLVERS, "slow": "slow"})
    assert prove_rule(RULES["ROI005"], 32, How(("slow",))).verdict is Verdict.PROVED
    cut = prove_rule(RULES["ROI005"], 32, How(("slow",), seconds=5.0))
    assert cut.verdict is Verdict.UNDECIDED
    assert "the time limit that was asked for was reached (5 s)" in cut.reason


def test_solvers_are_given_no_time_where_nobody_asked_for_one() -> None:
    pytest.importorskip("cvc5")
    from modalloc_model.engine.solvers import cvc5_solver

    given: dict[str, str] = {}
    cvc5_solver.limit(SimpleNamespace(setOption=given.__setitem__), Budget(resources=4000))
    assert given == {"rlimit-per": "100"}
    cvc5_solver.limit(SimpleNamespace(setOption=given.__setitem__), Budget(4000, 2.0))
    assert given == {"rlimit-per": "100", "tlimit-per": "2000"}
