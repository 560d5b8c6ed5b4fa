"""The budget of a query and a solver's answer. *Unknown* is an answer, with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.words import Term


@dataclass(frozen=True)
class Budget:
    """The budget of one query, in Z3's resource units, which are the same on any machine.

    `seconds` is the user's time limit. The tool never sets it: on a busy machine it changes verdicts.
    """

    resources: int = 400_000_000
    seconds: float | None = None

    @property
    def milliseconds(self) -> int | None:
        """The time limit in milliseconds."""
        return None if self.seconds is None else max(1, int(self.seconds * 1000))

    @property
    def out_of_time(self) -> str:
        """The reason of an answer that ran into the time limit."""
        return f"the time limit that was asked for was reached ({self.seconds or 0:g} s)"


OUT_OF_RESOURCES = "the resource limit was reached"


@dataclass(frozen=True, slots=True)
class Answer:
    """A solver's answer: `sat` with a model, `unsat` with a core, or `unknown` with a reason.

    `logic` is that of the query that was decided. `failed` means that the solver crashed or raised an error.
    """

    status: str
    model: Mapping[str, int] = field(default_factory=dict)
    core: tuple[str, ...] = ()
    reason: str = ""
    resources: int = 0
    logic: str = ""
    failed: bool = False


class Disagreement(Exception):
    """Solvers contradict each other, or a solver's model does not satisfy the query. Never caught silently."""


def complete(model: Mapping[str, int], wanted: Mapping[str, Term]) -> dict[str, int]:
    """The model, with 0 for variables that the solver left out."""
    return {name: model.get(name, 0) for name in wanted}
