"""Errors before there is a verdict, as exceptions that the application maps to an exit status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modalloc_model.verdict import Problem


class UsageError(Exception):
    """The call is wrong: an unknown option, rule or file format."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message

    @property
    def problem(self) -> Problem:
        """The error as a problem, for machine-readable documents."""
        from modalloc_model.params import Location
        from modalloc_model.verdict import Problem

        return Problem(Location(), "usage", self.message, self.hint)


class InputError(Exception):
    """The input is wrong. Holds every problem, warnings included."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return f"{len(self.problems)} problems"


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word closest to `word`; "" if none is close."""
    import difflib

    spelt = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), sorted(spelt), n=1, cutoff=0.5)
    return f"did you mean {spelt[found[0]]}?" if found else ""
