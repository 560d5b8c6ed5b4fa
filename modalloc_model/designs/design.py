"""What a design is: how module memory is handed out, in both readings, as one value.

Whoever verifies, searches, proves or replays asks the design of the table's dialect (`modalloc_model.designs.of`), and
knows nothing else of it. A design that others take address space from (an arbiter) is a value of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from modalloc_model.allocator.events import Event
from modalloc_model.allocator.oracles.moment import Violation
from modalloc_model.concrete import Concrete
from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.transitions import Clause, Element, Operation, Scene
from modalloc_model.trace import Step, Trace
from modalloc_model.words import FALSE, Term, variable


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

Violated = Callable[[str, Matter, Any], Term]
"""When the last operation of a run violates the rule, with the run's constraints; FALSE where it cannot."""


class Unplayable(Exception):
    """A trace asks for something that does not happen on its table. The message says what."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A live extent [lo, last] at the end of a step, for display; `pages` are runs (lo, last, "rw-")."""

    lo: int
    last: int
    root: str
    section: str
    module: str
    phase: str
    size: int
    sealed: bool
    pages: tuple[tuple[int, int, str], ...]


class Executable(Protocol):
    """A design's executable side: one table in one boot, operated by the steps of a trace."""

    def perform(self, step: Step) -> None:
        """One step. Ended where the run ends with it; Unplayable where it does not happen on this table."""

    def record(self) -> tuple[tuple[Event, ...], tuple[Violation, ...], tuple[Resident, ...]]:
        """What the last step did as far as it came, what it newly violates, and what is live after it, by address."""


def scene_of(matter: Matter) -> Scene:
    """The matter's root as a pool that is asked by its own parameters."""
    table = matter.table
    return Scene(matter.root, table.machine.page, table.guard, table.machine.bits)


Growth = tuple[tuple[str, ...], Iterator[Any]]
"""An operation by its name and what it is asked with, and the runs that it makes, made when they are wanted."""


class Program(Protocol):
    """How the symbolic runs of one table grow, and how one is told. Runs are those of the design."""

    def starts(self) -> Iterator[Any]:
        """The runs in which nothing has happened: one, or one for each way in which the boot parts them."""

    def longer(self, run: Any, rule: str, sections: Sequence[Section], together: bool) -> Iterator[Growth]:
        """The runs of one more operation that can matter to the rule; `together`, those of two that are one."""

    def goes_on(self, run: Any) -> Any:
        """The run where its last operation has gone well."""

    def ends(self, run: Any) -> bool:
        """It is looked at, and not gone on from."""

    def relevant(self, rule: str, matter: Matter) -> tuple[Section, ...]:
        """The sections that can have a part in a violation."""

    def interest(self, run: Any) -> Mapping[str, int]:
        """The words that a witness should have low, in order, each with the least that it may be."""

    def trace(self, rule: str, subject: str, run: Any, model: Mapping[str, int]) -> Trace:
        """The run with these values, ready to be replayed."""


@dataclass(frozen=True)
class Design:
    """A way to hand out memory.

    `name` is what verdicts, documents and traces call it, `title` says it in a line, `source` where it is written.
    `uses`: the designs that it takes address space from; a table's assumptions say which.
    `dialects`: those whose tables it gives a meaning to.

    Symbolic side: `scene` is what operations about a matter are about, `operations` every operation on it, each
    written once, `start` the elements of the state in which nothing has happened, and `others` one arbitrary element of
    each kind. `clauses` are what is always true, under the hypotheses that each theorem names. `pool` is the type whose
    memory a type takes its own from; types that have the same one share it.

    What rules say of it: `theorems` by rule, with the `premises` that some take as proved of a root, and `lives`, the
    rules that follow a page over its life. `violated` says when the last operation of a run violates one of `breakable`
    rules. `program` says how the runs of a table grow and are told; by default, operation by operation.

    Executable side: `executable` makes one of a table in one boot, which judges its runs by the rules `judges`.
    """

    name: str
    title: str
    source: str
    operations: Callable[[Any], tuple[Operation, ...]]
    clauses: tuple[Clause, ...]
    start: Callable[[Any], tuple[Element, ...]]
    others: Callable[[Any], tuple[Element, ...]]
    scene: Callable[[Matter], Scene] = scene_of
    uses: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    pool: Callable[[ParamSet, AllocType], AllocType | None] = ParamSet.root
    theorems: Mapping[str, Theorem] = field(default_factory=dict)
    premises: Mapping[str, Theorem] = field(default_factory=dict)
    lives: frozenset[str] = frozenset()
    violated: Violated = lambda rule, matter, run: FALSE
    breakable: frozenset[str] = frozenset()
    program: Callable[[ParamSet], Program] | None = None
    executable: Callable[[Concrete], Executable] | None = None
    judges: Callable[[], Collection[str]] = tuple
