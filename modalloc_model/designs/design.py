"""What a design is: how module memory is handed out, in both readings, as one value.

Whoever verifies, searches, proves or replays asks the design of the table's dialect (`modalloc_model.designs.of`), and
knows nothing else of it. A design that others take address space from (an arbiter) is a value of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.smt.induction import Obligation
from modalloc_model.words import Term, variable


@dataclass(frozen=True)
class Matter:
    """What is asked about: a root of a table, and a section of it where the rule speaks of sections."""

    table: ParamSet
    root: AllocType
    section: Section | None = None

    @property
    def others(self) -> tuple[AllocType, ...]:
        """The table's other roots."""
        return tuple(other for other in self.table.roots if other is not self.root)

    @property
    def probe(self) -> Term:
        """Of a run that goes wrong: the page, or the place, to blame."""
        return variable("probe", self.table.machine.bits)


Theorem = Callable[[Matter], Iterator[Obligation]]
"""What must be proved of a root for a rule to hold of every run."""
