"""Z3, through the text that every solver gets. The only module that imports z3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import z3

from modalloc_model.engine.solvers.answers import Answer, Budget, complete
from modalloc_model.isolation import out_of_memory
from modalloc_model.words import Term


def version() -> str:
    """Z3's version."""
    return str(z3.get_version_string())


def check(script: str, logic: str, wanted: Mapping[str, Term], budget: Budget) -> Answer:
    """Decide the script with a fresh solver in a fresh context: the answer depends on the text alone."""
    context = z3.Context()
    solver = z3.SolverFor(logic, ctx=context)
    solver.set("rlimit", budget.resources)
    solver.set("timeout", max(1, int(budget.seconds * 1000)))
    solver.set("unsat_core", ":produce-unsat-cores" in script)
    solver.from_string(script)
    status = str(solver.check())
    spent = _resources(solver)
    if status == "sat":
        return Answer(status, model=_model(solver.model(), wanted), resources=spent)
    if status == "unsat":
        return Answer(status, core=tuple(sorted(str(name).strip("|") for name in solver.unsat_core())), resources=spent)
    return _unknown(solver.reason_unknown(), spent)


def least(
    script: str, wanted: Mapping[str, Term], floors: Mapping[str, int], budget: Budget
) -> Mapping[str, int] | None:
    """The model in which the named words are least, one after the other; None where that is not found in the budget.

    `floors` gives, for each, a value below which it cannot be: tried first, since it is often the answer.
    """
    try:
        return _least(script, wanted, floors, budget)
    except z3.Z3Exception:
        return None  # out of memory: any other witness does


def _least(
    script: str, wanted: Mapping[str, Term], floors: Mapping[str, int], budget: Budget
) -> Mapping[str, int] | None:
    context = z3.Context()
    solver = z3.SolverFor("QF_BV", ctx=context)
    solver.set("rlimit", budget.resources)
    solver.from_string(script)
    if solver.check() != z3.sat:
        return None
    best = solver.model()
    for name, floor in floors.items():
        best = _lowered(solver, best, z3.BitVec(name, wanted[name].bits, ctx=context), floor - 1)
    return _model(best, wanted)


def _lowered(solver: Any, best: Any, word: Any, low: int) -> Any:
    """Bisection above `low`, the least conceivable value first; the word stays bounded by what was found."""
    high = best.eval(word, model_completion=True).as_long()
    middle = low + 1
    while high - low > 1:
        solver.push()
        solver.add(z3.ULE(word, z3.BitVecVal(middle, word.size(), ctx=word.ctx)))
        if solver.check() == z3.sat:
            best = solver.model()
            high = best.eval(word, model_completion=True).as_long()
        else:
            low = middle
        solver.pop()
        middle = (low + high) // 2
    solver.add(z3.ULE(word, z3.BitVecVal(high, word.size(), ctx=word.ctx)))
    return best


def _resources(solver: Any) -> int:
    statistics = solver.statistics()
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in list(statistics.keys()) else 0


def _model(model: Any, wanted: Mapping[str, Term]) -> dict[str, int]:
    found = {str(declaration.name()): model[declaration] for declaration in model.decls()}
    return complete({name: _value(found[name]) for name in wanted if name in found}, wanted)


def _value(value: Any) -> int:
    return int(value.as_long()) if z3.is_bv_value(value) else int(z3.is_true(value))


def _unknown(said: str, spent: int) -> Answer:
    if "memory" in said or "memout" in said:
        return Answer("unknown", reason=out_of_memory(None), resources=spent, failed=True)
    known = {
        "canceled": "the resource limit was reached",
        "max. resource limit exceeded": "the resource limit was reached",
        "timeout": "the time limit was reached",
    }
    return Answer("unknown", reason=known.get(said, f"z3 says: {said}"), resources=spent)
