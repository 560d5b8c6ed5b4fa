"""Crashes."""

from __future__ import annotations

import os
import signal

from modalloc_model.engine.solvers.answers import Answer
from tests.engine.faulty import failing
from tests.engine.faulty import version as version


def _fail(answer: Answer) -> Answer:
    os.kill(os.getpid(), signal.SIGSEGV)
    return answer


check = failing(_fail)
