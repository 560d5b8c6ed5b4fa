"""The paths through a function, explored one at a time.

At each condition that the boot decides, one branch is taken now and the other in a later run from the start, so the
interpreter knows only one path. A branch that no boot takes, under the profile and the earlier decisions, is pruned by
a solver; if the solver cannot decide, the path is kept.

The module also resolves names that the function leaves open. A name of the profile stays symbolic in the table, and the
profile gives its value in each boot. A binding maps a variable of the kernel to a name of the profile or to a value,
with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from modalloc_model.c.tokens import SourceLine
from modalloc_model.descriptor.environment import Environment
from modalloc_model.kernel.tree import KernelError
from modalloc_model.words import Term, all_of, eq, is_constant, negate, truth, ule, variable, variables

_MAX_PATHS = 64  # through one function


T = TypeVar("T")


@dataclass(frozen=True)
class Binding:
    """An expression in names of the profile or of the tree, and the reason why it replaces a kernel variable.

    `assumed`: other kernels or boots have another value; its use is reported.
    """

    expression: str
    why: str
    assumed: bool = False


@dataclass
class Meaning:
    """The names of one machine. `environment` evaluates names of the profile; `bits` is the machine's width."""

    bits: int
    environment: Environment | None = None
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    domains: Mapping[str, Term] = field(default_factory=dict)  # of the profile's unknowns
    constraints: tuple[Term, ...] = ()

    def knows(self, name: str) -> bool:
        """Whether the profile has the name as a symbol, a size or an unknown."""
        if self.environment is None:
            return False
        symbols = self.environment.symbols
        return any(name in group for group in (symbols.defines, symbols.unknowns, symbols.symbols))

    def constant(self, name: str) -> Term | None:
        """The value of a name that is the same in every boot; None for another name."""
        value = self.term(name) if self.knows(name) else None
        return value if value is not None and is_constant(value) else None

    def term(self, name: str) -> Term | None:
        """The profile's value of the name."""
        assert self.environment is not None
        value = self.environment.symbol(name)
        return value.term if value else None


@dataclass(frozen=True)
class Drawn:
    """A value that nothing in the tree decides: `low` to `high`.

    `choice`: a boolean, fixed by its path. `lost`: the tree decides it, but it could not be followed.
    """

    name: str
    low: int
    high: int
    why: str
    place: SourceLine
    choice: bool = False
    lost: bool = False


@dataclass(frozen=True)
class Warned:
    """Code that was not followed, and its place. `assumed`: an assumption, wherever it is used."""

    place: SourceLine
    message: str
    assumed: bool = False


class Infeasible(Exception):
    """No boot takes this path; at `asserted` the compiler is told that no such kernel is built."""

    def __init__(self, asserted: SourceLine | None = None) -> None:
        super().__init__(asserted)
        self.asserted = asserted


@dataclass
class FunctionPath:
    """One path through the function. `taken` starts with given decisions; each decision tells if the other is open."""

    meaning: Meaning
    laid_down: tuple[bool, ...] = ()
    taken: list[tuple[bool, bool]] = field(default_factory=list)
    conditions: list[Term] = field(default_factory=list)
    drawn: dict[str, Drawn] = field(default_factory=dict)
    warnings: dict[Warned, None] = field(default_factory=dict)

    def draw(self, new: Drawn) -> str:
        """The name of a new unknown, made unique if another value has that name."""
        name, number = new.name, 1
        while name in self.drawn or self.meaning.knows(name):
            number += 1
            name = f"{new.name}_{number}"
        self.drawn[name] = replace(new, name=name)
        return name

    def warn(self, place: SourceLine, message: str, assumed: bool = False) -> None:
        """Warns of code that was not followed, or of an assumption."""
        self.warnings.setdefault(Warned(place, message, assumed))

    def suppose(self, condition: Term) -> None:
        """Adds the condition to the path."""
        if is_constant(condition):
            if not condition.value:
                raise Infeasible
        else:
            self.conditions.append(condition)

    def decide(self, condition: Term) -> bool:
        """The direction of the path at a condition."""
        if is_constant(condition):
            return bool(condition.value)
        chosen, is_open = self._choice(condition)
        self.taken.append((chosen, is_open))
        if is_open or len(self.taken) <= len(self.laid_down):
            self.suppose(condition if chosen else truth(negate(condition)))
        return chosen

    def _choice(self, condition: Term) -> tuple[bool, bool]:
        if len(self.taken) < len(self.laid_down):
            return self.laid_down[len(self.taken)], False
        yes, no = self.possible(condition), self.possible(truth(negate(condition)))
        if not yes and not no:
            raise Infeasible
        return yes, yes and no

    def never(self, condition: Term) -> bool:
        """Whether no boot on this path satisfies the condition."""
        return not self.possible(condition)

    def possible(self, condition: Term) -> bool:
        """Whether some boot on this path may satisfy the condition."""
        from modalloc_model.engine.solvers import settle
        from modalloc_model.smt.smtlib import Query

        facts = [*self.conditions, condition]
        conjuncts = {f"condition {number}": fact for number, fact in enumerate(facts)}
        conjuncts |= self._meanings(facts)
        return settle(Query("path", conjuncts)).status != "unsat"

    def _meanings(self, facts: list[Term]) -> dict[str, Term]:
        """The definitions of the names in the facts, and of the names in those definitions."""
        found: dict[str, Term] = {}
        waiting = list(variables(*facts).values())
        if self.meaning.environment is not None:
            for number, fact in enumerate(self.meaning.constraints):
                found[f"machine {number}"] = fact
                waiting += variables(fact).values()
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name.name in seen or not name.bits:
                continue
            seen.add(name.name)
            known = self._known(name)
            if known is not None:
                found[name.name] = known
                waiting += variables(known).values()
        return found

    def _known(self, name: Term) -> Term | None:
        if name.name in self.drawn:
            drawn = self.drawn[name.name]
            return truth(all_of(ule(drawn.low, name), ule(name, drawn.high)))
        domain = self.meaning.domains.get(name.name)
        if domain is not None:
            return domain
        term = self.meaning.term(name.name) if self.meaning.knows(name.name) else None
        return truth(eq(variable(name.name, name.bits), term)) if term is not None else None


def explore(meaning: Meaning, walk: Callable[[FunctionPath], T]) -> Iterator[tuple[FunctionPath, T]]:
    """Every path with the result of its run. KernelError if there are too many."""
    waiting: list[tuple[bool, ...]] = [()]
    walked = 0
    while waiting:
        walked += 1
        if walked > _MAX_PATHS:
            raise KernelError(
                "too-many-paths", f"more than {_MAX_PATHS} paths", "fix some conditions with -D NAME=VALUE"
            )
        path = FunctionPath(meaning, waiting.pop())
        result: T | None = None
        with suppress(Infeasible):
            result = walk(path)
        made = tuple(chosen for chosen, _ in path.taken)
        for at in range(len(path.laid_down), len(path.taken)):
            if path.taken[at][1]:
                waiting.append((*made[:at], not made[at]))
        if result is not None:
            yield path, result
