"""Gives up."""

from __future__ import annotations

from modalloc_model.engine.solvers.answers import Answer
from tests.engine.faulty import failing
from tests.engine.faulty import version as version


def _fail(answer: Answer) -> Answer:
    return Answer("unknown", reason="the resource limit was reached")


check = failing(_fail)
