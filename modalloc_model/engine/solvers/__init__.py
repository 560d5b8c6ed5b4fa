"""Solvers behind one face: a query in, an answer out; *unknown* is an answer and says why.

A solver is one module here with `version()` and `check(script, logic, wanted, budget)`; the registry below is the one
place that names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import MappingProxyType

from modalloc_model.smt.smtlib import INTEGERS, Query, label, write
from modalloc_model.words import Term, evaluate, is_constant, variables

SOLVERS: Mapping[str, str] = MappingProxyType(
    {
        "z3": "modalloc_model.engine.solvers.z3_solver",
        "cvc5": "modalloc_model.engine.solvers.cvc5_solver",
        "bitwuzla": "modalloc_model.engine.solvers.bitwuzla_solver",
    }
)


@dataclass(frozen=True)
class Budget:
    """How much may be spent on one query: the solver's own resource units first, seconds as a backstop."""

    resources: int = 400_000_000
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver says: `sat` with a model, `unsat` with a core, or `unknown` with a reason."""

    status: str
    model: Mapping[str, int] = field(default_factory=dict)
    core: tuple[str, ...] = ()
    reason: str = ""
    resources: int = 0


def ask(query: Query, solver: str = "z3", budget: Budget | None = None, cores: bool = False) -> Answer:
    """The solver's answer; a query in which no variable is left is computed, not asked."""
    decided = _decide_ground(query)
    if decided:
        return decided
    wanted = variables(*query.conjuncts.values())
    module = import_module(SOLVERS[solver])
    try:
        raw: Answer = module.check(write(query, cores), query.logic, wanted, budget or Budget())
    except ImportError as missing:
        return Answer("unknown", reason=f"{solver} is not installed ({missing.name})")
    names = {label(name): name for name in query.conjuncts}
    core = tuple(name for name in query.conjuncts if label(name) in raw.core) if raw.core else ()
    assert set(raw.core) <= set(names)
    return Answer(raw.status, raw.model, core, raw.reason, raw.resources)


def prove(query: Query, solver: str = "z3", budget: Budget | None = None, cores: bool = False) -> Answer:
    """The answer to a question of validity: over integers, where `unsat` is a proof, and otherwise in bits."""
    quick = ask(replace(query, logic=INTEGERS), solver, budget, cores)
    return quick if quick.status == "unsat" else ask(query, solver, budget, cores)


def _decide_ground(query: Query) -> Answer | None:
    false = [name for name, term in query.conjuncts.items() if is_constant(term) and not term.value]
    if false:
        return Answer("unsat", core=(false[0],))
    if all(is_constant(term) for term in query.conjuncts.values()):
        return Answer("sat")
    return None


def holds_in(query: Query, model: Mapping[str, int]) -> bool:
    """Whether a model really satisfies the query, by the executable meaning of its terms."""
    return all(evaluate(term, model) for term in query.conjuncts.values())


def version(solver: str) -> str:
    """The solver's version, or "not installed"."""
    try:
        found: str = import_module(SOLVERS[solver]).version()
    except ImportError:
        return "not installed"
    return found


def complete(model: Mapping[str, int], wanted: Mapping[str, Term]) -> dict[str, int]:
    """The model with 0 for variables that the solver left open."""
    return {name: model.get(name, 0) for name in wanted}
