"""Tasks over which the process dies that does them, or does not come back."""

from __future__ import annotations

import os
import signal
import time
from typing import Any


def dies_over_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def sleeps_over_three(number: int) -> int:
    if number == 3:
        time.sleep(60)
    return number * number


def dies_over_the_second_table(how: Any, place: Any, named: tuple[str, Any]) -> Any:
    from modalloc_model.verdict import TableReport

    if named[0].endswith("-2"):
        os.kill(os.getpid(), signal.SIGKILL)
    return TableReport(named[1].params, ()), 0.0
