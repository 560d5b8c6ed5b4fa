"""Solvers that fail over questions in which a mark stands, each in its own way, and answer others as Z3 does.

Marks stand in an environment variable, parted by |, so that they reach a solver's own process too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from modalloc_model.engine.solvers import z3_solver
from modalloc_model.engine.solvers.answers import Answer, Budget
from modalloc_model.words import Term

MARK = "alloc from range 0 keeps: areas lie in a range"
VARIABLE = "FAULTY_MARK"


def failing(fail: Callable[[Answer], Answer]) -> Callable[[str, str, Mapping[str, Term], Budget], Answer]:
    def check(script: str, logic: str, wanted: Mapping[str, Term], budget: Budget) -> Answer:
        answer = z3_solver.check(script, logic, wanted, budget)
        marks = os.environ.get(VARIABLE, MARK).split("|")
        return fail(answer) if any(mark in script for mark in marks) else answer

    return check


def version() -> str:
    return "faulty"
