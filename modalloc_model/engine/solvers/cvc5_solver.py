"""cvc5, on the same text."""

from __future__ import annotations

from collections.abc import Mapping

import cvc5

from modalloc_model.engine.solvers import Answer, Budget
from modalloc_model.words import Term


def version() -> str:
    """cvc5's version."""
    return str(cvc5.__version__)


def check(script: str, logic: str, wanted: Mapping[str, Term], budget: Budget) -> Answer:
    """Decide the script; no model is read back."""
    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(int(budget.seconds * 1000)))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "query")
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, parser.getSymbolManager())).strip() or said
    known = {"sat": Answer("sat"), "unsat": Answer("unsat")}
    return known.get(said, Answer("unknown", reason=f"cvc5 says: {said}"))
