"""What a rule is: an identifier, a page, and a condition on a table.

A rule is one module of this package. Its docstring is its page (spec/properties/ is generated from it), and the
decorated function gives, for each root, type or section that the rule speaks of, the condition that must hold in every
boot. A rule with a *behaviour* says something of runs: its condition, with those of the rules it leans on, is what the
theorem of the same name has as hypotheses, and a table that fails it is searched for a run that goes wrong.

Rules know the vocabulary (params.py, words.py) and nothing of solvers, engines or formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from modalloc_model.params import AllocType, ParamSet, Section
from modalloc_model.verdict import Severity
from modalloc_model.words import Term

GROUPS = {
    "MAP": "mapto",
    "RNG": "range",
    "ALN": "alignment",
    "OVL": "no-overlap",
    "ROI": "ro-after-init",
    "PRT": "protection",
    "RCH": "reach",
    "CMP": "completeness",
}
"""Identifier prefix to group, in the order of the design."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A quantity of the rule's formula. `unit` is "address", "bytes", "number" or "truth"."""

    term: Term
    unit: str = "number"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition that can fail by itself: its name, when it holds, and what follows where it does not."""

    name: str
    formula: Term
    consequence: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold. `message` says what is so where it does not, with `{name}` for the facts' values.

    With `parts`, `{broken}` are the names of those that fail in the witness, and `{consequence}` what follows.
    `alone`: also for a rule with a behaviour it is all that there is, exactly, and no run of the loader's shows it.
    """

    formula: Term
    message: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    blame: str = ""  # the field whose place the report points at
    alone: bool = False
    parts: tuple[Part, ...] = ()
    not_judged: str = ""  # why, where it holds, that is not all that the rule asks


@dataclass(frozen=True, slots=True)
class NotClaimed:
    """The rule speaks of a claim that was not made."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The rule speaks of something that is not there."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotJudged:
    """The profile gives nothing to judge the rule by, so that nobody knows whether it holds."""

    reason: str


Outcome = Condition | NotClaimed | NotApplicable | NotJudged


@dataclass(frozen=True, slots=True)
class Subject:
    """What one result speaks of. `owner` is the type whose fields are to blame."""

    name: str
    types: tuple[str, ...]
    owner: str
    parts: tuple[Any, ...]  # the arguments of the rule's function: types, roots or sections


def each_type(table: ParamSet) -> Iterator[Subject]:
    """Every type of the dialect."""
    for t in table.types:
        yield Subject(t.name, (t.name,), t.name, (t,))


def each_root(table: ParamSet) -> Iterator[Subject]:
    """Every type that some section's memory really comes from."""
    for root in table.roots:
        merged = tuple(dict.fromkeys(s.type for s in table.sections_of(root)))
        yield Subject(root.name, merged, root.name, (root,))


def each_allocated(table: ParamSet) -> Iterator[Subject]:
    """Every type that memory really comes from, be it for the loader or for others: kprobes, ftrace, BPF."""
    of_the_loader = {subject.name: subject for subject in each_root(table)}
    for t in table.allocated_from:
        yield of_the_loader.get(t.name, Subject(t.name, (t.name,), t.name, (t,)))


def each_other(table: ParamSet) -> Iterator[Subject]:
    """Every given type that others than the loader allocate from."""
    for subject in each_allocated(table):
        if subject.parts[0] not in table.roots:
            yield subject


def each_pair(table: ParamSet) -> Iterator[Subject]:
    """Every two different roots, in the table's order."""
    for i, root in enumerate(table.roots):
        for other in table.roots[i + 1 :]:
            yield Subject(f"{root.name} and {other.name}", (root.name, other.name), root.name, (root, other))


def each_section(table: ParamSet) -> Iterator[Subject]:
    """Every section the loader asks for that has a root."""
    for section in table.sections:
        root = table.section_root(section)
        if root is not None:
            yield Subject(section.name, (section.type,), root.name, (section, root))


Each = Callable[[ParamSet], Iterator[Subject]]
ConditionOf = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: see the module's docstring. `leans_on` are the rules whose conditions its theorem needs as well."""

    id: str
    severity: Severity
    page: str
    each: Each
    condition: ConditionOf
    behaviour: bool
    leans_on: tuple[str, ...]
    module: str

    @property
    def group(self) -> str:
        """The group it belongs to."""
        return GROUPS[self.id[:3]]

    @property
    def title(self) -> str:
        """Its claim in one line: the first line of its page."""
        return self.page.splitlines()[0].rstrip(".")

    def of(self, table: ParamSet, subject: Subject) -> Outcome:
        """Its condition on the subject."""
        return self.condition(table, *subject.parts)


def rule(
    *, severity: Severity, each: Each, behaviour: bool = False, leans_on: tuple[str, ...] = ()
) -> Callable[[ConditionOf], Rule]:
    """Make the decorated function the rule of its module, whose name starts with the identifier."""

    def register(condition: ConditionOf) -> Rule:
        import inspect
        import sys

        module = sys.modules[condition.__module__]
        identifier = condition.__module__.rsplit(".", 1)[-1].split("_")[0].upper()
        page = inspect.cleandoc(module.__doc__ or "")
        return Rule(identifier, severity, page, each, condition, behaviour, leans_on, condition.__module__)

    return register


def root_of(parts: tuple[Any, ...]) -> AllocType:
    """The root that a subject's rules lean on."""
    found = next(part for part in reversed(parts) if isinstance(part, AllocType))
    return found


def section_of(parts: tuple[Any, ...]) -> Section | None:
    """The section that a subject speaks of, if it speaks of one."""
    return next((part for part in parts if isinstance(part, Section)), None)
