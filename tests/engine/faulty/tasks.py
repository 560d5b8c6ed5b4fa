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


class Deadly(str):
    """A text that kills the process that receives it from another."""

    def __reduce__(self) -> Any:
        return _die, ()


def _die() -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""
