"""cvc5, from the SMT-LIB text.

Its resource units are larger than Z3's: both limits end a query after a minute or two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cvc5

from modalloc_model.engine.solvers.answers import OUT_OF_RESOURCES, Answer, Budget
from modalloc_model.words import Term

UNITS_OF_Z3 = 40
"""Z3's resource units for one of cvc5's, roughly."""


def version() -> str:
    """cvc5's version."""
    return str(cvc5.__version__)


def check(script: str, logic: str, wanted: Mapping[str, Term], budget: Budget) -> Answer:
    """Decide the script; no model is read back."""
    solver = cvc5.Solver()
    limit(solver, budget)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script.replace("(check-sat)\n", ""), "query")
    while not (command := parser.nextCommand()).isNull():
        command.invoke(solver, parser.getSymbolManager())
    return _answer(solver, solver.checkSat(), budget)


def limit(solver: Any, budget: Budget) -> None:
    """Set the limits of the next query."""
    solver.setOption("rlimit-per", str(max(1, budget.resources // UNITS_OF_Z3)))
    if budget.milliseconds is not None:
        solver.setOption("tlimit-per", str(budget.milliseconds))


def _answer(solver: Any, result: Any, budget: Budget) -> Answer:
    spent = int(solver.getStatistics()["resource::resourceUnitsUsed"]["value"])
    if result.isSat() or result.isUnsat():
        return Answer("sat" if result.isSat() else "unsat", resources=spent)
    why = result.getUnknownExplanation()
    known = {
        cvc5.UnknownExplanation.RESOURCEOUT: OUT_OF_RESOURCES,
        cvc5.UnknownExplanation.TIMEOUT: budget.out_of_time,
        cvc5.UnknownExplanation.MEMOUT: "it ran out of memory",
    }
    return Answer("unknown", reason=known.get(why, f"cvc5 says: {why}"), resources=spent)
