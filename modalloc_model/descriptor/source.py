"""Texts with a source position for every character, and the journal of problems.

Lines end at a newline; lines and columns count characters from 1, and a tab is one column.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from modalloc_model.c.tokens import excerpt as excerpt
from modalloc_model.params import Location
from modalloc_model.verdict import Problem

MAX_PROBLEMS = 200
"""Problems of one reading; more do not help with a thoroughly broken file."""


@dataclass(frozen=True)
class Source:
    """A file's text, or one from the command line, all of which then has the location `fixed`."""

    path: str
    text: str
    fixed: Location | None = None

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        while (newline := self.text.find("\n", starts[-1])) >= 0:
            starts.append(newline + 1)
        return starts

    def location(self, offset: int) -> Location:
        """The location of the character at `offset`."""
        if self.fixed:
            return self.fixed
        line = bisect_right(self._starts, min(max(offset, 0), len(self.text)))
        return Location(self.path, line, max(offset, 0) - self._starts[line - 1] + 1)

    def line_start(self, offset: int) -> int:
        """The offset of the start of the line that contains `offset`."""
        return self._starts[bisect_right(self._starts, min(max(offset, 0), len(self.text))) - 1]


@dataclass(frozen=True)
class Text:
    """A piece of a source. `text` may have comments and quoting blanked out; its length is that of the original."""

    text: str
    source: Source
    offset: int = 0

    def at(self, index: int = 0) -> Location:
        """The location of character `index`."""
        return self.source.location(self.offset + index)

    @classmethod
    def with_location(cls, text: str, where: Location) -> Text:
        """A text with a single location."""
        return cls(text, Source(where.path, text, where))


class ReadError(Exception):
    """A piece of input cannot be read. Carries the problem; the nearest journal catches it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return self.problem.message


class Journal:
    """Collects problems, each once, up to MAX_PROBLEMS."""

    def __init__(self) -> None:
        self._problems: dict[Problem, None] = {}
        self._errors = 0

    def error(self, where: Location, code: str, message: str, hint: str = "") -> None:
        """Records an error: the input is unusable."""
        self.add(Problem(where, code, message, hint))

    def warn(self, where: Location, code: str, message: str, hint: str = "") -> None:
        """Records a warning."""
        self.add(Problem(where, code, message, hint, "warning"))

    def add(self, problem: Problem) -> None:
        """Records a problem."""
        self._errors += problem.severity == "error"
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.setdefault(problem)

    @property
    def errors(self) -> int:
        """The number of errors so far."""
        return self._errors

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems in the order of the input."""
        return in_order(self._problems)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems by path, line and column, without duplicates."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.where.path, p.where.line, p.where.column, p.code)))


def nearest(name: str, known: Iterable[str], what: str = "did you mean") -> str:
    """A hint that names the known name closest to `name`; "" if none is close."""
    by_lower = {candidate.lower(): candidate for candidate in sorted(known)}
    found = get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=0.6)
    return f"{what} {by_lower[found[0]]}?" if found else ""
