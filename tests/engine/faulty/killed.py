"""Is killed, as by the kernel when memory is short."""

from __future__ import annotations

import os
import signal

from modalloc_model.engine.solvers.answers import Answer
from tests.engine.faulty import failing
from tests.engine.faulty import version as version


def _fail(answer: Answer) -> Answer:
    os.kill(os.getpid(), signal.SIGKILL)
    return answer


check = failing(_fail)
