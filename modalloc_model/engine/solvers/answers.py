"""What may be spent on a question, and what a solver says to it; *unknown* is an answer and says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.words import Term


@dataclass(frozen=True)
class Budget:
    """How much may be spent on one query: the solver's own resource units first, seconds as a backstop."""

    resources: int = 400_000_000
    seconds: float = 300.0


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
