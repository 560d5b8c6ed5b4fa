"""Rules: each has an identifier, a page, and a condition on a table.

A rule is one module of this package. Its docstring is its page (spec/properties/ is generated from it). The decorated
function gives, for each subject (a root, type or section), the condition that must hold in every boot. A rule with a
*behaviour* is about runs: its condition and those of the rules it leans on are the hypotheses of its theorem, and a
table that fails one of them is searched for a violating run. Rules import no solver, engine or format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any

from modalloc_model.params import AllocType, Kind, ParamSet, Section
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
class Quantity:
    """A quantity of the rule's formula. `unit` is "address", "bytes", "number" or "truth"."""

    term: Term
    unit: str = "number"


@dataclass(frozen=True, slots=True)
class Condition:
    """The formula that must hold. `message` describes its failure, with `{name}` for the values of the facts."""

    formula: Term
    message: str
    facts: Mapping[str, Quantity] = field(default_factory=dict)
    blame: str = ""  # the field whose place the report shows
    not_judged: str = ""  # why the rule is not decided even if the formula holds

    def words(self, model: Mapping[str, int]) -> Mapping[str, str]:
        """Further values for `message`, if the condition fails in the model."""
        return {}


@dataclass(frozen=True, slots=True)
class NotClaimed:
    """The rule belongs to a claim that was not made."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The table has nothing that the rule applies to."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotJudged:
    """The profile lacks what the rule needs, so it is unknown whether the rule holds."""

    reason: str


Outcome = Condition | NotClaimed | NotApplicable | NotJudged


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a result. `owner` is the type with the fields to blame.

    `of_loader`: runs of the loader involve it. Otherwise the condition is exact.
    """

    name: str
    types: tuple[str, ...]
    owner: str
    parts: tuple[Any, ...]  # the arguments of the rule's function: types, roots or sections
    of_loader: bool = True


def each_type(table: ParamSet) -> Iterator[Subject]:
    """Every type of the dialect."""
    for t in table.types:
        yield Subject(t.name, (t.name,), t.name, (t,))


def each_root(table: ParamSet) -> Iterator[Subject]:
    """Every root: a type from which some section's memory is allocated."""
    for root in table.roots:
        merged = tuple(dict.fromkeys(s.type for s in table.sections_of(root)))
        yield Subject(root.name, merged, root.name, (root,))


def each_allocated(table: ParamSet) -> Iterator[Subject]:
    """Every type from which memory is allocated, for the loader or for others: kprobes, ftrace, BPF."""
    of_the_loader = {subject.name: subject for subject in each_root(table)}
    for t in table.allocated_from:
        yield of_the_loader.get(t.name, Subject(t.name, (t.name,), t.name, (t,)))


def each_other(table: ParamSet) -> Iterator[Subject]:
    """Every type from which only others than the loader allocate."""
    for subject in each_allocated(table):
        if subject.parts[0] not in table.roots:
            yield subject


def each_section(table: ParamSet) -> Iterator[Subject]:
    """Every section of the loader that has a root."""
    for section in table.sections:
        root = table.section_root(section)
        if root is not None:
            yield Subject(section.name, (section.type,), root.name, (section, root))


class PlaceClaim(Enum):
    """A rule's claim about the place of an allocation."""

    ALIGNED = "at a multiple of its root's alignment"
    INSIDE = "inside one of its root's usable ranges"
    APART = "apart from every other allocation"


@dataclass(frozen=True, slots=True)
class AllocationView:
    """An allocation after an operation, as a caller of the allocator sees it."""

    kind: Kind
    init: bool  # it is freed once its module is live
    phase: str  # of its module: "loading", "init" or "live"
    sealed: bool
    was_writable: bool  # on every page, before the operation
    strict: bool  # strict-rwx is claimed

    @property
    def is_loaded(self) -> bool:
        """Its module is loaded."""
        return self.phase in ("init", "live")


Letters = Callable[[AllocationView], str]
"""The rights "r", "w" and "x" that every page of an allocation must have, or that none may have."""


def nothing(seen: AllocationView) -> str:
    """The rule makes no claim about rights."""
    return ""


@dataclass(frozen=True, slots=True)
class Instances:
    """The symbolic tables on which a rule's theorem is proved; a design that follows pages over their life adds more.

    `companions` are the other kinds of sections on the root that a step of the subject's can meet. `every_kind`: each
    kind of section is a subject. `registered`: regions of the boot are in the way. `own_data`: the subject's module has
    data of its own. `proves_premises`: this theorem proves that the steps keep the invariants that others assume.
    """

    companions: int = 0
    every_kind: bool = False
    registered: bool = False
    own_data: bool = False
    proves_premises: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A rule's claim about runs, and the shape of the runs that violate it.

    The violation is stated twice, independently, by functions that are given by name: `module:function` beneath
    modalloc_model, or `:function` in the rule's own file. `at_event` (:data:`EventOracle`) or `at_step`
    (:data:`StateOracle`) judges the executable allocator after each event or step. `symbolic` is the formula for a
    symbolic run; without it no table can violate the rule. The flags guide the search, and the last fields are the
    expectations of a test in C.
    """

    at_event: str = ""
    at_step: str = ""
    symbolic: str = ""

    when_placed: bool = False  # depends on places only: two loads of one section are as good as one load of two
    any_place: bool = False  # depends on the block's place in a hole, not only on the hole
    across_roots: bool = False  # involves extents of any two roots
    hole_lengths: bool = False  # depends on the lengths of holes, so areas of others matter
    within_module: bool = False  # involves two sections of one module, loaded together
    by_refusal: bool = False  # a refusal violates it
    by_free: bool = False  # a free violates it, so rolled back loads are searched whatever the rights of pages
    by_collision: bool = False  # a block that meets another root's violates it, and ends the run
    last: str = ""  # the operation that ends a violating trace if it is not one of the loader's: "branch"

    place: PlaceClaim | None = None
    needs: Letters = nothing  # rights that every page of an allocation must have
    bars: Letters = nothing  # rights that no page of an allocation may have
    bars_both: bool = False  # under strict-rwx no page is writable and executable

    instances: Instances = Instances()


Each = Callable[[ParamSet], Iterator[Subject]]
ConditionOf = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: see the module's docstring.

    `each` gives the subjects, and `condition` the condition of one. `behaviour` is None if the rule is not about runs.
    `leans_on` are the rules whose conditions are hypotheses of its theorem too. `profile` are the parts of a machine's
    profile that it needs (:data:`modalloc_model.properties.profile_parts.PARTS`).
    """

    id: str
    severity: Severity
    page: str
    each: Each
    condition: ConditionOf
    behaviour: Behaviour | None
    leans_on: tuple[str, ...]
    profile: tuple[str, ...]
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

    def depends_on_runs(self, subject: Subject) -> bool:
        """Whether the loader's runs can violate it; otherwise its condition is exact."""
        return self.behaviour is not None and subject.of_loader

    def function(self, reference: str) -> Callable[..., Any]:
        """The function that its behaviour refers to as `module:function`."""
        module, _, name = reference.partition(":")
        return _function(f"modalloc_model.{module}" if module else self.module, name)


@cache
def _function(module: str, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def rule(
    *,
    severity: Severity,
    each: Each,
    behaviour: Behaviour | None = None,
    leans_on: tuple[str, ...] = (),
    profile: tuple[str, ...] = (),
) -> Callable[[ConditionOf], Rule]:
    """Make the decorated function the rule of its module, whose name starts with the identifier."""

    def register(condition: ConditionOf) -> Rule:
        import inspect
        import sys

        name = condition.__module__
        identifier = name.rsplit(".", 1)[-1].split("_")[0].upper()
        page = inspect.cleandoc(sys.modules[name].__doc__ or "")
        return Rule(identifier, severity, page, each, condition, behaviour, leans_on, profile, name)

    return register


def root_of(parts: tuple[Any, ...]) -> AllocType:
    """The root among the parts of a subject; the last if there are several."""
    found = next(part for part in reversed(parts) if isinstance(part, AllocType))
    return found


def section_of(parts: tuple[Any, ...]) -> Section | None:
    """The section among the parts of a subject; None if there is none."""
    return next((part for part in parts if isinstance(part, Section)), None)
