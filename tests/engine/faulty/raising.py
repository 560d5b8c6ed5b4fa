"""Raises what nobody expects."""

from __future__ import annotations

from modalloc_model.engine.solvers.answers import Answer
from tests.engine.faulty import failing
from tests.engine.faulty import version as version


def _fail(answer: Answer) -> Answer:
    raise RuntimeError("internal error\n at rewriter.cpp")


check = failing(_fail)
