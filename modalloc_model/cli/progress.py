"""A progress bar for whoever waits at a terminal; nothing anywhere else, and nothing for what is done within a second.

Models nothing. Leaves out: estimates of the time that is left.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")

_PATIENCE = 1.0  # seconds


def track(items: Iterable[Item], total: int, label: str, err: TextIO) -> Iterator[Item]:
    """The items as they come; meanwhile a bar on `err`, if that is a terminal."""
    if not err.isatty():
        yield from items
        return
    bar = _Bar(total, label, err)
    try:
        for item in items:
            yield item
            bar.advance()
    finally:
        bar.close()


class _Bar:
    """Appears after a while, by a timer: the first item may be the one that takes long."""

    def __init__(self, total: int, label: str, err: TextIO) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._progress = Progress(console=Console(file=err), transient=True)
        self._task = self._progress.add_task(label, total=total)
        self._lock = threading.Lock()
        self._closed = False
        self._timer = threading.Timer(_PATIENCE, self._appear)
        self._timer.daemon = True
        self._timer.start()

    def _appear(self) -> None:
        with self._lock:
            if not self._closed:
                self._progress.start()

    def advance(self) -> None:
        self._progress.advance(self._task)

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            self._closed = True
            self._progress.stop()
