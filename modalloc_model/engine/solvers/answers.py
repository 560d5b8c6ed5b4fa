"""What may be spent on a question, and what a solver says to it; *unknown* is an answer and says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.words import Term


@dataclass(frozen=True)
class Budget:
    """How much may be spent on one query: resource units, Z3's, which come to the same on any machine.

    `seconds` are for those who will not wait. Nothing in the tool sets them: on a busy machine they change verdicts.
    """

    resources: int = 400_000_000
    seconds: float | None = None

    @property
    def milliseconds(self) -> int | None:
        """The seconds, as solvers take them."""
        return None if self.seconds is None else max(1, int(self.seconds * 1000))

    @property
    def out_of_time(self) -> str:
        """The reason of an answer that was not waited for."""
        return f"the time limit that was asked for was reached ({self.seconds or 0:g} s)"


OUT_OF_RESOURCES = "the resource limit was reached"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver says: `sat` with a model, `unsat` with a core, or `unknown` with a reason.

    `logic` is the writing that was decided. `failed` says that the solver did not give up but broke down.
    """

    status: str
    model: Mapping[str, int] = field(default_factory=dict)
    core: tuple[str, ...] = ()
    reason: str = ""
    resources: int = 0
    logic: str = ""
    failed: bool = False


class Disagreement(Exception):
    """One solver says that there is a model, another that there is none; or a model is none. Never to be hidden."""


def complete(model: Mapping[str, int], wanted: Mapping[str, Term]) -> dict[str, int]:
    """The model with 0 for variables that the solver left open."""
    return {name: model.get(name, 0) for name in wanted}
