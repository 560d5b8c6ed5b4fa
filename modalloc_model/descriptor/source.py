"""Texts whose every character knows where it was written, and the journal of what is wrong with them.

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
"""Problems that one reading tells; what a file that is broken throughout adds to these helps nobody."""


@dataclass(frozen=True)
class Source:
    """A file's text, or one given on the command line: then `fixed` is where all of it counts as written."""

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
        """Where the character at `offset` stands."""
        if self.fixed:
            return self.fixed
        line = bisect_right(self._starts, min(max(offset, 0), len(self.text)))
        return Location(self.path, line, max(offset, 0) - self._starts[line - 1] + 1)

    def line_start(self, offset: int) -> int:
        """The offset at which the line of `offset` begins."""
        return self._starts[bisect_right(self._starts, min(max(offset, 0), len(self.text))) - 1]


@dataclass(frozen=True)
class Text:
    """A piece of a source. `text` may have comments and quoting blanked out; its length is that of the original."""

    text: str
    source: Source
    offset: int = 0

    def at(self, index: int = 0) -> Location:
        """Where character `index` stands."""
        return self.source.location(self.offset + index)

    @classmethod
    def given(cls, text: str, where: Location) -> Text:
        """A text of which only the place as a whole is known."""
        return cls(text, Source(where.path, text, where))


class ReadError(Exception):
    """A piece of input cannot be read; carries the problem, and is raised no further than to the nearest journal."""

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
        """Write down what makes the input unusable."""
        self.add(Problem(where, code, message, hint))

    def warn(self, where: Location, code: str, message: str, hint: str = "") -> None:
        """Write down what is doubtful."""
        self.add(Problem(where, code, message, hint, "warning"))

    def add(self, problem: Problem) -> None:
        """Write down a problem."""
        self._errors += problem.severity == "error"
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.setdefault(problem)

    @property
    def errors(self) -> int:
        """How often an error was written down so far."""
        return self._errors

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was written down, in the order of the input."""
        return in_order(self._problems)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems in the order of paths, lines and columns, each once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.where.path, p.where.line, p.where.column, p.code)))


def nearest(name: str, known: Iterable[str], what: str = "did you mean") -> str:
    """A hint that names the known name most like `name`, or "" where none is."""
    by_lower = {candidate.lower(): candidate for candidate in sorted(known)}
    found = get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=0.6)
    return f"{what} {by_lower[found[0]]}?" if found else ""
