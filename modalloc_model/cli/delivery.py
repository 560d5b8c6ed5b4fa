"""Output of a command: text to standard output or a file, pages to `--html FILE`, a progress bar.

A file appears only when it is complete. Colours and bars appear on a terminal only.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import TextIO, TypeVar

from modalloc_model.cli.parser import Parser
from modalloc_model.failures import InputError
from modalloc_model.params import Location, Machine, ParamSet
from modalloc_model.report.presentation import Presentation
from modalloc_model.report.style import Style
from modalloc_model.verdict import Problem
from modalloc_model.whole import replace
from modalloc_model.words import evaluate


def deliver(text: str, path: str | None, out: TextIO) -> None:
    """Writes the text with one final newline. InputError if the file cannot be written."""
    text = text.rstrip("\n") + "\n"
    if path is None:
        out.write(text)
        return
    try:
        replace(Path(path), text.encode("utf-8"))
    except OSError as failure:
        hint = "the folder must exist and be writable"
        problem = Problem(Location(path), "unwritable-output", f"cannot write: {failure.strerror}", hint)
        raise InputError([problem]) from failure


def style_for(stream: TextIO, path: str | None = None) -> Style:
    """Colours on a terminal without NO_COLOR; box characters if the encoding has them."""
    if path is not None:
        return Style(colour=False, unicode=True)
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(colour=wanted and stream.isatty(), unicode=_encodes(stream, "✓✗│█…"))


def _encodes(stream: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def add_page(parser: Parser) -> None:
    """Adds the option."""
    parser.add_argument("--html", metavar="FILE", help="also write the verdicts to FILE, as a self-contained page")


def write_page(path: str | None, presentation: Presentation, out: TextIO) -> None:
    """Writes the page if `path` is set. InputError if it cannot be written."""
    if path is None:
        return
    from modalloc_model.report.html.page import render

    drawn = enumerate(boot_of(decided.report.table) for decided in presentation.decided)
    boots = {number: boot for number, boot in drawn if boot is not None}
    deliver(render(presentation, boots), path, out)


def boot_of(table: ParamSet) -> dict[str, int] | None:
    """A boot for the address map; None if there is none or the solver cannot decide."""
    try:
        return some_boot(table.machine)
    except TimeoutError:
        return None


def boot_or_error(params: ParamSet) -> dict[str, int]:
    """A boot of the table's machine. InputError if it has none, or if the solver cannot tell."""
    try:
        boot = some_boot(params.machine)
    except TimeoutError as open_:
        raise _no_boot(
            params, "open-boot", f"could not decide whether {params.machine.name} has a boot: {open_}"
        ) from None
    if boot is None:
        raise _no_boot(params, "no-boot", f"no values of the unknowns satisfy the constraints of {params.machine.name}")
    return boot


def _no_boot(params: ParamSet, code: str, message: str) -> InputError:
    return InputError([Problem(Location(params.path, params.line), code, message)])


def some_boot(machine: Machine) -> dict[str, int] | None:
    """One of the machine's boots: the least values, the greatest, or any; None if there is none.

    TimeoutError, with the reason, if the solver cannot decide.
    """
    bounds = [(unknown.step * unknown.low, unknown.step * unknown.high) for unknown in machine.unknowns]
    names = [unknown.name for unknown in machine.unknowns]
    for values in product(*bounds):
        boot = dict(zip(names, values, strict=True))
        if evaluate(machine.domain, boot):
            return boot
    return _ask_solver(machine)


def _ask_solver(machine: Machine) -> dict[str, int] | None:
    from modalloc_model.engine.solvers import settle
    from modalloc_model.smt.smtlib import Query

    answer = settle(Query("domain", {"domain": machine.domain}))
    if answer.status == "unknown":
        raise TimeoutError(answer.reason)
    return dict(answer.model) if answer.status == "sat" else None


Item = TypeVar("Item")

_PATIENCE = 1.0  # seconds


def track(items: Iterable[Item], total: int, label: str, err: TextIO) -> Iterator[Item]:
    """Yields the items; meanwhile shows a bar on `err` if that is a terminal."""
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
    """Appears after a delay, by a timer, since the first item may take long."""

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
