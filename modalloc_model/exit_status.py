"""The exit status of every command: the one table that help, README and tests all show.

Kept apart from the verdicts, which `modalloc --help` need not load.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit status of every command, and the sentence that `--help` says of it."""

    sentence: str

    def __new__(cls, value: int, sentence: str) -> ExitStatus:
        """The status of that number; the sentence goes along, so that help and tables never part from it."""
        status = int.__new__(cls, value)
        status._value_ = value
        status.sentence = sentence
        return status

    PROVED = (
        0,
        "every rule of severity error is proved (or not claimed, or not applicable) for every table, none vacuously",
    )
    REFUTED = 1, "at least one is refuted, with a trace that was replayed where the rule has a behaviour"
    BAD_INPUT = 2, "the input or the call is wrong; every problem is said, all at once, with file, line and column"
    UNDECIDED = (
        3,
        "undecided: a budget ran out, a solver said unknown, or the profile gives nothing to judge a rule by, "
        "and nothing is refuted",
    )
    VACUOUS = 4, "vacuous: the hypotheses of a proof (an unknown's domain, an assumption) hold for no value at all"
    INCONSISTENT = (
        5,
        "an inconsistency of the tool itself: two routes or two solvers disagree, or a trace did not replay",
    )


PRECEDENCE = (
    ExitStatus.INCONSISTENT,
    ExitStatus.BAD_INPUT,
    ExitStatus.REFUTED,
    ExitStatus.VACUOUS,
    ExitStatus.UNDECIDED,
    ExitStatus.PROVED,
)
"""Several at once: the first of these that holds."""


def worst(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """The status that several amount to."""
    return min(statuses, key=PRECEDENCE.index, default=ExitStatus.PROVED)
