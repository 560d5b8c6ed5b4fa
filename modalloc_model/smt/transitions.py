"""Operations as the elements they consume and the elements they produce (spec/semantics.md, section 7).

The rest of the state is untouched, so an induction step needs the produced elements, their pairs, and one arbitrary
other element (`smt/induction.py`); and a run is derived by replacing some of its elements (`smt/runs.py`). A design
writes each of its operations once, for any elements; nothing here knows of a design.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from modalloc_model.params import AllocType
from modalloc_model.smt.spans import Span, any_span
from modalloc_model.words import TRUE, Term, Truth, all_of, implies, negate, truth, variable


class Element:
    """A part of a state. `name` is for reading, and that of its variables where it is an arbitrary one.

    A design's elements are dataclasses derived from this one; what is said here is so unless they say otherwise.
    """

    __slots__ = ()
    name: str
    span: Span

    @property
    def exists(self) -> Term:
        """Whether there is such an element."""
        return self.span.exists

    @property
    def owned(self) -> Truth:
        """Whether it is somebody's who has not freed it: no operation takes it along."""
        return False

    def admits(self, other: Element) -> bool:
        """Whether an operation that is written for this arbitrary element takes the other."""
        return type(self) is type(other)

    def neighbour(self, name: str) -> Element:
        """An arbitrary element that is joined with this one where they touch, if there is one."""
        raise NotImplementedError(f"nothing is joined with {self.name}")

    def may_join(self, other: Element) -> bool:
        """The other is of the kind that is joined with this one, and in the same block if that matters."""
        return False

    def at(self: ElementT, span: Span) -> ElementT:
        """The same element with other addresses."""
        return replace(self, span=span)  # type: ignore[type-var]

    def merges_with(self, other: Element) -> Truth:
        """The other touches this one, which is given back, and so would be joined with it."""
        return False

    def takes_along(self, other: Element) -> Truth:
        """The other goes where this one's block goes."""
        return False


ElementT = TypeVar("ElementT", bound=Element)


@dataclass(frozen=True, slots=True)
class Clause:
    """A named formula about one or two elements of the given kinds."""

    name: str
    kinds: tuple[type[Element], ...]
    formula: Callable[..., Term]

    def of(self, *elements: Element) -> Term:
        """The clause for these elements, where they exist; nothing is said where the kinds do not match."""
        matching = len(elements) == len(self.kinds) and all(map(isinstance, elements, self.kinds))
        if not matching:
            return TRUE
        return truth(implies(all_of(*(e.exists for e in elements)), self.formula(*elements)))


@dataclass(frozen=True, slots=True)
class Tiling:
    """The same addresses, cut another way: before and after an operation."""

    name: str
    before: tuple[Span, ...]
    after: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """Words that a transition takes as they come, each with what the code computes for it (`values`).

    `facts` is what steps take for granted of the words. That follows where the words are the `same` as those computed;
    `tried`: what is computed is one of the things that the words may be.
    """

    values: tuple[tuple[Term, Term], ...]
    facts: Term
    same: Term
    tried: Truth = True


@dataclass(frozen=True, slots=True)
class Transition:
    """An operation on some elements: those it consumes and produces, and the `condition` under which it happens.

    `gives` is what it gives back, before that is joined with the neighbours that are free already; `joins` says that
    the neighbours consumed are neighbours. `unmaps`: an element whose whole block goes, with whatever else lies in it;
    where `alone` holds, nothing else may. `shows` is what a trace says of it, by name.
    """

    name: str
    condition: Term
    consumed: tuple[Element, ...]
    produced: tuple[Element, ...]
    tilings: tuple[Tiling, ...] = ()
    gives: tuple[Element, ...] = ()
    joins: tuple[Truth, ...] = ()
    unmaps: Element | None = None
    alone: Term = TRUE
    rounding: Computed | None = None
    shows: tuple[tuple[str, Term], ...] = ()

    @property
    def enabled(self) -> Term:
        """It can happen."""
        return truth(all_of(self.condition, *self.joins))


@dataclass(frozen=True, slots=True)
class Operation:
    """One writing of an operation: `step` makes the transition of any elements.

    `takes` are arbitrary elements of the kinds that it consumes, and `asks` arbitrary words for what whoever asks
    chooses; `step` is called with some of both, in that order. Where something is given back, `gives` picks it from the
    elements taken, and `step` is called with the neighbours below and above it before `asks`. `words`: what only an
    arbitrary step is called with at last, in place of what the code computes.
    """

    name: str
    takes: tuple[Element, ...]
    step: Callable[..., Transition]
    asks: tuple[Term, ...] = ()
    gives: Callable[..., Element] | None = None
    words: tuple[object, ...] = ()

    def arbitrary(self) -> Transition:
        """The transition of arbitrary elements: all that an induction looks at."""
        given = self.gives(*self.takes) if self.gives else None
        beside = (given.neighbour("below"), given.neighbour("above")) if given else ()
        return self.step(*self.takes, *beside, *self.asks, *self.words)


@dataclass(frozen=True, slots=True)
class Scene:
    """What operations are about: a pool, who asks it for memory, the machine's page and guard, and words of W bits.

    `pool` is the type by whose parameters the pool's blocks are made; `asks` the one by whose parameters it is asked,
    the same unless several types draw from one pool.
    """

    pool: AllocType
    page: Term
    guard: Term
    bits: int
    asks: AllocType | None = None

    @property
    def asker(self) -> AllocType:
        """By whose range, alignment and length it is asked."""
        return self.asks or self.pool

    def word(self, name: str) -> Term:
        """Any word."""
        return variable(name, self.bits)

    def span(self, name: str, exists: Term = TRUE) -> Span:
        """Any interval."""
        return any_span(name, self.bits, exists)


def looked_up(transition: Transition, other: Element) -> Term:
    """What looking at the neighbours tells of an arbitrary other element.

    A free element that touches what is given back is one of the neighbours found, and so no *other* element.
    """
    elsewhere = negate(transition.unmaps.takes_along(other)) if transition.unmaps else True
    return truth(all_of(elsewhere, *(negate(given.merges_with(other)) for given in transition.gives)))
