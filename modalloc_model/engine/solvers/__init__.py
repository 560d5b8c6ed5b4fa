"""One interface to all solvers: a query in, an answer out. *Unknown* is an answer, with a reason.

A solver is one module here with `version()` and `check(script, logic, wanted, budget)`, listed in engine/registry.py.
Several solvers, separated by commas, have to agree. If one answers `sat` and another `unsat`, both queries are written
to files and Disagreement is raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module

from modalloc_model.engine.registry import SOLVERS
from modalloc_model.engine.solvers.answers import Answer, Budget, Disagreement, complete
from modalloc_model.engine.solvers.setting import current, keep_query, record, setting
from modalloc_model.isolation import Worker, WorkerLost, out_of_memory
from modalloc_model.smt.smtlib import INTEGERS, Query, label, write
from modalloc_model.words import Term, evaluate, is_constant, variables

__all__ = [
    "SOLVERS",
    "Answer",
    "Budget",
    "Disagreement",
    "ask",
    "combine",
    "complete",
    "holds_in",
    "opinions",
    "setting",
    "settle",
    "version",
]

GRACE = 10.0
"""Seconds after the time limit until a solver's process is killed; without a time limit it is never killed."""


def ask(query: Query, solver: str = "z3", budget: Budget | None = None, cores: bool = False) -> Answer:
    """The solvers' answer; a query without variables is evaluated."""
    answers = {name: _ask(query, name, budget or Budget(), cores) for name in solver.split(",")}
    return combine(query, answers)


def settle(query: Query, solver: str = "z3", budget: Budget | None = None, cores: bool = False) -> Answer:
    """The answer over integers if it is conclusive, otherwise the answer in bits."""
    return combine(query, dict(opinions(query, solver, budget or Budget(), cores)))


def opinions(query: Query, solver: str, budget: Budget, cores: bool = False) -> Iterator[tuple[str, Answer]]:
    """Each solver's answer: over integers if it is conclusive, otherwise in bits."""
    for name in solver.split(","):
        quick = _ask(replace(query, logic=INTEGERS), name, budget, cores)
        yield name, quick if _settles(query, quick) else _in_bits(query, name, budget, cores, quick.resources)


def _in_bits(query: Query, name: str, budget: Budget, cores: bool, spent: int) -> Answer:
    answer = _ask(query, name, budget, cores)
    return replace(answer, resources=answer.resources + spent)


def _settles(query: Query, quick: Answer) -> bool:
    """An answer over integers is conclusive if it is `unsat`, or has a model that satisfies the query in bits."""
    return quick.status == "unsat" or bool(quick.model and holds_in(query, quick.model))


def combine(query: Query, answers: Mapping[str, Answer]) -> Answer:
    """The common answer. A valid model outweighs *unknown*; `unsat` does not. Raises Disagreement."""
    if len(answers) == 1:
        return next(iter(answers.values()))
    said = {answer.status: name for name, answer in reversed(list(answers.items()))}
    if {"sat", "unsat"} <= set(said):
        raise Disagreement(_contradiction(query, {name: answers[name] for name in (said["unsat"], said["sat"])}))
    modelled = next((name for name, answer in answers.items() if answer.model), None)
    if modelled and not holds_in(query, answers[modelled].model):
        raise Disagreement(_contradiction(query, {modelled: answers[modelled]}) + ", and its model does not satisfy it")
    if modelled or "unknown" not in said:
        return answers[modelled or next(iter(answers))]
    open_ = [f"{name}: {answer.reason}" for name, answer in answers.items() if answer.status == "unknown"]
    return replace(answers[said["unknown"]], reason="; ".join(open_))


def _contradiction(query: Query, answers: Mapping[str, Answer]) -> str:
    said = []
    for name, answer in answers.items():
        asked = replace(query, logic=answer.logic or query.logic)
        file = keep_query(
            asked, f"{name} {version(name)} says {answer.status}; solvers contradict each other", always=True
        )
        said.append(f"{name} says {answer.status} ({file})")
    return f"solvers disagree on “{query.name}”: {', '.join(said)}"


# -- one solver ------------------------------------------------------------------------------------------------------


def _ask(query: Query, solver: str, budget: Budget, cores: bool) -> Answer:
    answer = _decide_ground(query) or _decide(query, solver, budget, cores)
    answer = replace(answer, logic=query.logic)
    if answer.failed:
        answer = replace(answer, reason=f"{solver}: {answer.reason}")
        file = keep_query(query, answer.reason)
        answer = replace(answer, reason=f"{answer.reason}; the query is in {file}") if file else answer
    record(query, solver, answer.status)
    return answer


def _decide(query: Query, solver: str, budget: Budget, cores: bool) -> Answer:
    wanted = variables(*query.conjuncts.values())
    question = SolverCall(SOLVERS[solver], write(query, cores), query.logic, wanted, budget)
    raw = _isolated(solver, question) if current().isolated else _check(question)
    names = {label(name) for name in query.conjuncts}
    core = tuple(name for name in query.conjuncts if label(name) in raw.core) if raw.core else ()
    assert set(raw.core) <= names
    return replace(raw, core=core)


@dataclass(frozen=True, slots=True)
class SolverCall:
    """A call of a solver's `check`, sent to its process."""

    module: str
    script: str
    logic: str
    wanted: Mapping[str, Term]
    budget: Budget


def _check(question: SolverCall) -> Answer:
    """The solver's answer; an exception is a failure, with answer `unknown`."""
    name = question.module.rsplit(".", 1)[-1].removesuffix("_solver")
    try:
        found: Answer = import_module(question.module).check(
            question.script, question.logic, question.wanted, question.budget
        )
    except ImportError as missing:
        return Answer("unknown", reason=f"{name} is not installed ({missing.name})")
    except MemoryError:
        return Answer("unknown", reason=out_of_memory(None), failed=True)
    except Exception as failure:
        said = " ".join(str(failure).split())
        reason = out_of_memory(None) if _is_memory(said) else f"it failed with {type(failure).__name__}: {said}"
        return Answer("unknown", reason=reason, failed=True)
    return found


def _is_memory(said: str) -> bool:
    return any(word in said.lower() for word in ("out of memory", "bad_alloc", "memout", "max. memory exceeded"))


_WORKERS: dict[tuple[str, int | None], Worker[SolverCall, Answer]] = {}


def _isolated(solver: str, question: SolverCall) -> Answer:
    """The answer from the solver's own process, which is started again after it died."""
    key = question.module, current().memory
    worker = _WORKERS.setdefault(key, Worker(_check, current().memory))
    seconds = question.budget.seconds
    found = worker.call(question, None if seconds is None else seconds + GRACE)
    answer = Answer("unknown", reason=found.reason, failed=True) if isinstance(found, WorkerLost) else found
    return replace(answer, reason=out_of_memory(key[1])) if answer.reason == out_of_memory(None) else answer


def _decide_ground(query: Query) -> Answer | None:
    false = [name for name, term in query.conjuncts.items() if is_constant(term) and not term.value]
    if false:
        return Answer("unsat", core=(false[0],))
    if all(is_constant(term) for term in query.conjuncts.values()):
        return Answer("sat")
    return None


def holds_in(query: Query, model: Mapping[str, int]) -> bool:
    """Whether the model satisfies the query, by evaluation of its terms."""
    return all(evaluate(term, model) for term in query.conjuncts.values())


def version(solver: str) -> str:
    """The solver's version, or "not installed"."""
    try:
        found: str = import_module(SOLVERS[solver]).version()
    except ImportError:
        return "not installed"
    return found
