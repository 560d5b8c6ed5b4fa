"""Takes no notice of its time limit."""

from __future__ import annotations

import time

from modalloc_model.engine.solvers.answers import Answer
from tests.engine.faulty import failing
from tests.engine.faulty import version as version


def _fail(answer: Answer) -> Answer:
    time.sleep(3600)
    return answer


check = failing(_fail)
