"""The exit status of every command; help, README and tests print this table.

A module of its own: `modalloc --help` need not load the verdicts.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit status of every command, with its sentence in `--help`."""

    sentence: str

    def __new__(cls, value: int, sentence: str) -> ExitStatus:
        """The status of that number, with its sentence."""
        status = int.__new__(cls, value)
        status._value_ = value
        status.sentence = sentence
        return status

    PROVED = (
        0,
        "every rule of severity error is proved (or not claimed, or not applicable) for every table, none vacuously",
    )
    REFUTED = 1, "at least one is refuted, with a replayed trace if the rule has a behaviour"
    BAD_INPUT = 2, "the input or the call is wrong; every problem is reported with file, line and column"
    UNDECIDED = (
        3,
        "undecided: a budget ran out, a solver returned unknown, or the profile lacks the values that a rule needs, "
        "and nothing is refuted",
    )
    VACUOUS = 4, "vacuous: the hypotheses of a proof (an unknown's domain, an assumption) cannot be satisfied"
    INCONSISTENT = (
        5,
        "the tool is inconsistent: two routes or two solvers disagree, or a trace did not replay",
    )


PRECEDENCE = (
    ExitStatus.INCONSISTENT,
    ExitStatus.BAD_INPUT,
    ExitStatus.REFUTED,
    ExitStatus.VACUOUS,
    ExitStatus.UNDECIDED,
    ExitStatus.PROVED,
)
"""The precedence of statuses."""


def worst(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """The status of several results together."""
    return min(statuses, key=PRECEDENCE.index, default=ExitStatus.PROVED)
