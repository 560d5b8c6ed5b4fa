"""What a rule is: an identifier, a page, and a condition on a table.

A rule is one module of this package. Its docstring is its page (spec/properties/ is generated from it), and the
decorated function gives, for each root, type or section that the rule speaks of, the condition that must hold in every
boot. A rule with a *behaviour* says something of runs: its condition, with those of the rules it leans on, is what the
theorem of the same name has as hypotheses, and a table that fails it is searched for a run that goes wrong.

Rules know the vocabulary (params/, words/) and nothing of solvers, engines or formats.
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
    """What must hold. `message` says what is so where it does not, with `{name}` for the facts' values."""

    formula: Term
    message: str
    facts: Mapping[str, Quantity] = field(default_factory=dict)
    blame: str = ""  # the field whose place the report points at
    not_judged: str = ""  # why, where it holds, that is not all that the rule asks

    def words(self, model: Mapping[str, int]) -> Mapping[str, str]:
        """What else `message` speaks of, where the condition fails in the model."""
        return {}


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
    """What one result speaks of. `owner` is the type whose fields are to blame.

    `of_loader`: runs of the loader show what happens to it. Where they do not, the condition is exact.
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


class PlaceClaim(Enum):
    """What a rule says of the place of an allocation."""

    ALIGNED = "at a multiple of its root's alignment"
    INSIDE = "inside one of its root's usable ranges"
    APART = "apart from every other allocation"


@dataclass(frozen=True, slots=True)
class AllocationView:
    """An allocation as a caller of the allocator sees it once an operation is over."""

    kind: Kind
    init: bool  # it is gone once its module is live
    phase: str  # of its module: "loading", "init" or "live"
    sealed: bool
    was_writable: bool  # on every page, before the operation
    strict: bool  # strict-rwx is claimed

    @property
    def is_loaded(self) -> bool:
        """Its module is loaded."""
        return self.phase in ("init", "live")


Letters = Callable[[AllocationView], str]
"""Of "r", "w" and "x": what every page of an allocation must allow, or what none may."""


def nothing(seen: AllocationView) -> str:
    """The rule says nothing of what pages allow."""
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
    """What a rule says of runs, and what a run that breaks it is like.

    When a run breaks it is stated twice, independently, by functions that it names and knows nothing else of:
    `module:function` beneath modalloc_model, or `:function` in the rule's own file. Of the executable allocator
    `at_event`, after each event (:data:`EventOracle`), or `at_step`, at the end of a step (:data:`StateOracle`); of a
    symbolic run `symbolic`, as a formula: without it no table can break the rule. The truths below say what the search
    looks for, the rest what a test in C expects.
    """

    at_event: str = ""
    at_step: str = ""
    symbolic: str = ""

    when_placed: bool = False  # by where something is placed: two loads show that as well as one of two sections
    any_place: bool = False  # by the place in a hole at which a block lies, and not only by the hole
    across_roots: bool = False  # by extents of any two roots
    hole_lengths: bool = False  # by how long holes are: what others have taken matters
    within_module: bool = False  # by two sections of one module: they are loaded together
    by_refusal: bool = False  # by a refusal: whose it is matters
    by_free: bool = False  # by a free: loads that are rolled back are looked at, whatever the pages allow
    by_collision: bool = False  # by a block that meets another root's, after which nothing else is judged
    last: str = ""  # the operation that a trace of it ends with, where no operation of the loader shows it: "branch"

    place: PlaceClaim | None = None
    needs: Letters = nothing  # what every page of an allocation must allow
    bars: Letters = nothing  # what no page of an allocation may allow
    bars_both: bool = False  # no page is writable and executable where strict-rwx is claimed

    instances: Instances = Instances()


Each = Callable[[ParamSet], Iterator[Subject]]
ConditionOf = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: see the module's docstring.

    `each` gives the subjects, `condition` what must hold of one. `behaviour` is None where the condition is all there
    is. `leans_on` are the rules whose conditions its theorem needs as well. `profile` are the parts of a machine's
    profile that it is judged by (:data:`modalloc_model.properties.profile_parts.PARTS`).
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
        """It says something of runs that those of the loader show; otherwise its condition is all there is."""
        return self.behaviour is not None and subject.of_loader

    def function(self, reference: str) -> Callable[..., Any]:
        """The function that its behaviour names, `module:function`."""
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
    """The root that a subject's rules lean on."""
    found = next(part for part in reversed(parts) if isinstance(part, AllocType))
    return found


def section_of(parts: tuple[Any, ...]) -> Section | None:
    """The section that a subject speaks of, if it speaks of one."""
    return next((part for part in parts if isinstance(part, Section)), None)
