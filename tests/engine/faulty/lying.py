"""Says the opposite."""

from __future__ import annotations

from modalloc_model.engine.solvers.answers import Answer
from tests.engine.faulty import failing
from tests.engine.faulty import version as version


def _fail(answer: Answer) -> Answer:
    return Answer("sat" if answer.status == "unsat" else "unsat")


check = failing(_fail)
