"""Allocates without end."""

from __future__ import annotations

from modalloc_model.engine.solvers.answers import Answer
from tests.engine.faulty import failing
from tests.engine.faulty import version as version


def _fail(answer: Answer) -> Answer:
    held = []
    while True:
        held.append(bytearray(1 << 26))


check = failing(_fail)
