"""Z3, from the SMT-LIB text.

Integer queries use neither Z3's preprocessing, which takes ten times as long as the rest, nor Hermite normal forms,
which take two fifths of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import z3

from modalloc_model.engine.solvers.answers import OUT_OF_RESOURCES, Answer, Budget, complete
from modalloc_model.isolation import out_of_memory
from modalloc_model.smt.smtlib import INTEGERS
from modalloc_model.words import Term


def version() -> str:
    """Z3's version."""
    return str(z3.get_version_string())


def check(script: str, logic: str, wanted: Mapping[str, Term], budget: Budget) -> Answer:
    """Decide the script with a fresh solver in a fresh context: the answer depends on the text alone."""
    solver = _solver(logic, z3.Context(), budget)
    solver.set("unsat_core", ":produce-unsat-cores" in script)
    solver.from_string(script)
    status = str(solver.check())
    spent = _resources(solver)
    if status == "sat":
        return Answer(status, model=_model(solver.model(), wanted), resources=spent)
    if status == "unsat":
        return Answer(status, core=tuple(sorted(str(name).strip("|") for name in solver.unsat_core())), resources=spent)
    return _unknown_answer(solver.reason_unknown(), spent, budget)


def lowest(
    script: str, logic: str, wanted: Mapping[str, Term], word: tuple[str, int, int], budget: Budget
) -> Mapping[str, int]:
    """A model with the least value of `word` (name, floor, a known value); empty if none is below the known value.

    It tries the floor first, then bisects; every other step asks whether the value found is the lowest.
    """
    name, floor, value = word
    context = z3.Context()
    solver = _solver(logic, context, budget)
    variable = z3.Int(name, context) if logic == INTEGERS else z3.BitVec(name, wanted[name].bits, context)
    found: Mapping[str, int] = {}
    try:
        solver.from_string(script)
        high, halve = floor, True
        while floor < value:
            better = _below(solver, variable, high, wanted)
            floor, value = (high + 1, value) if better is None else (floor, better[name])
            found, halve = better or found, not halve
            high = (floor + value - 1) // 2 if halve else value - 1
    except z3.Z3Exception:
        return found  # out of memory or budget: any witness will do
    return found


def _below(solver: Any, word: Any, high: int, wanted: Mapping[str, Term]) -> Mapping[str, int] | None:
    solver.push()
    solver.add(word <= high if z3.is_int(word) else z3.ULE(word, high))
    status = solver.check()
    found = _model(solver.model(), wanted) if status == z3.sat else None
    solver.pop()
    if status == z3.unknown:
        raise z3.Z3Exception(solver.reason_unknown())
    return found


def _solver(logic: str, context: Any, budget: Budget) -> Any:
    solver = z3.SimpleSolver(ctx=context) if logic == INTEGERS else z3.SolverFor(logic, ctx=context)
    if logic == INTEGERS:
        solver.set("arith.enable_hnf", False)
    solver.set("rlimit", budget.resources)
    if budget.milliseconds is not None:
        solver.set("timeout", budget.milliseconds)
    return solver


def _resources(solver: Any) -> int:
    statistics = solver.statistics()
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in list(statistics.keys()) else 0


def _model(model: Any, wanted: Mapping[str, Term]) -> dict[str, int]:
    found = {str(declaration.name()): model[declaration] for declaration in model.decls()}
    return complete({name: _value(found[name]) for name in wanted if name in found}, wanted)


def _value(value: Any) -> int:
    return int(value.as_long()) if z3.is_bv_value(value) or z3.is_int_value(value) else int(z3.is_true(value))


def _unknown_answer(said: str, spent: int, budget: Budget) -> Answer:
    if "memory" in said or "memout" in said:
        return Answer("unknown", reason=out_of_memory(None), resources=spent, failed=True)
    known = {
        "canceled": OUT_OF_RESOURCES,
        "max. resource limit exceeded": OUT_OF_RESOURCES,
        "timeout": budget.out_of_time,
    }
    return Answer("unknown", reason=known.get(said, f"z3 says: {said}"), resources=spent)
