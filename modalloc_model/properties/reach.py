"""Reach: whether instructions and words in module memory can refer to all of their targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from modalloc_model.params import (
    DATA,
    INIT_TEXT,
    KERNEL,
    PLACES,
    TARGETS,
    TEXT,
    AllocType,
    Kind,
    Machine,
    ParamSet,
    Reach,
    Region,
)
from modalloc_model.properties.blocks import block_regions, holdings, in_powers
from modalloc_model.properties.protection import of_kind
from modalloc_model.properties.rule import Condition, NotApplicable, Outcome, Quantity, Subject, each_root
from modalloc_model.words import (
    Term,
    Truth,
    all_of,
    any_of,
    evaluate,
    implies,
    lift,
    smallest,
    truth,
    ule,
    variable,
    variables,
)

KINDS_OF_PLACE: Mapping[str, tuple[Kind, ...]] = MappingProxyType(
    {
        TEXT: (Kind.TEXT,),
        INIT_TEXT: (Kind.TEXT,),
        DATA: (Kind.DATA, Kind.RODATA, Kind.RODATA_AFTER_INIT),
    }
)
"""The kinds of sections for each kind of place or target."""


@dataclass(frozen=True, slots=True)
class ReachPart:
    """One reach rule in a condition: its name, its formula, and the consequence of its failure."""

    name: str
    formula: Term
    consequence: str


@dataclass(frozen=True, slots=True)
class ReachCondition(Condition):
    """Every target is in reach. In `message`, `{broken}` are the failing parts and `{consequence}` the consequences."""

    parts: tuple[ReachPart, ...] = ()

    def words(self, model: Mapping[str, int]) -> Mapping[str, str]:
        """The parts that fail in the model (missing variables are 0), or all parts if none fails."""
        failing = [part for part in self.parts if not _is_true(part.formula, model)] or self.parts
        names, consequences = dict.fromkeys(p.name for p in failing), dict.fromkeys(p.consequence for p in failing)
        return {"broken": ", ".join(names), "consequence": "; ".join(consequences)}


def _is_true(formula: Term, model: Mapping[str, int]) -> bool:
    return bool(evaluate(formula, {**dict.fromkeys(variables(formula), 0), **model}))


Aims = Callable[[Machine], Sequence[str]]
"""The kinds of targets of a rule, on a machine."""


def the_kernel(machine: Machine) -> Sequence[str]:
    """The image, and the machine's other named regions."""
    return (KERNEL, *(target.name for target in machine.targets))


def code(machine: Machine) -> Sequence[str]:
    """Module text, and code of other allocators."""
    others = (name for reach in machine.reach for name in (*reach.places, *reach.targets))
    known = {*TARGETS, *the_kernel(machine)}
    return (TEXT, *dict.fromkeys(name for name in others if name not in known))


def own_sections(machine: Machine) -> Sequence[str]:
    """The other sections of the module itself."""
    return (DATA, INIT_TEXT)


# -- subjects --------------------------------------------------------------------------------------------------------


def text_roots(table: ParamSet) -> Iterator[Subject]:
    """Roots on which text lies."""
    wanted = {root.index for root in of_kind(table, Kind.TEXT)}
    return (subject for subject in each_root(table) if subject.parts[0].index in wanted)


def naming_roots(aims: Aims) -> Callable[[ParamSet], Iterator[Subject]]:
    """Roots with text or with places that refer to one of the aims; then types of other allocators."""

    def each_naming_root(table: ParamSet) -> Iterator[Subject]:
        wanted = aims(table.machine)
        texts = {subject.name for subject in text_roots(table)}
        for subject in each_root(table):
            if subject.name in texts or _rules(table, subject.parts[0], wanted):
                yield subject
        for other in table.others:
            if any(_takes_part(reach, other, wanted) for reach in table.machine.reach):
                yield Subject(other.name, (other.name,), other.name, (other,), of_loader=other in table.roots)

    return each_naming_root


def _rules(table: ParamSet, root: AllocType, aims: Sequence[str]) -> list[tuple[Reach, str]]:
    """(reach rule, aim) for places on the root; rules of other allocators are checked for their own types."""
    return [
        (reach, what)
        for reach in table.machine.reach
        for what in reach.targets
        if what in aims and not reach.within_module and stands_on(table, root, reach)
        if (what in TARGETS and (what != KERNEL or table.machine.image)) or table.machine.target(what)
    ]


def stands_on(table: ParamSet, root: AllocType, reach: Reach) -> bool:
    """The root can have places of the reach rule."""
    return any(root is other for place in reach.places for other in carriers(table, place))


def carriers(table: ParamSet, what: str) -> tuple[AllocType, ...]:
    """The roots with sections for such places or targets; a type of another allocator is its own root."""
    if what not in KINDS_OF_PLACE:
        return tuple(other for other in table.others if other.name == what)
    kinds, init = KINDS_OF_PLACE[what], what == INIT_TEXT
    sections = [s for s in table.sections if s.kind in kinds and (s.init or not init)]
    wanted = {root.index for s in sections if (root := table.section_root(s))}
    return tuple(root for root in table.roots if root.index in wanted)


# -- the loader's modules --------------------------------------------------------------------------------------------


def reaching(table: ParamSet, root: AllocType, aims: Sequence[str]) -> Outcome:
    """Every place on the root reaches every target among the aims, by each reach rule for such targets."""
    if root in table.others and root not in table.roots:
        return _reaching_of_others(table, root, aims)
    rules = _rules(table, root, aims)
    if not rules:
        return NotApplicable(f"{table.machine.name} names no reach for {aims[0]}")
    others = {other.index: other for _, what in rules for other in carriers(table, what) if other is not root}
    formula = all_of(all_reach(table, root, rules), *(in_powers(other) for other in others.values()))
    return _out_of_reach(table, root, formula, rules)


def _out_of_reach(table: ParamSet, root: AllocType, formula: Truth, rules: Sequence[tuple[Reach, str]]) -> Condition:
    place, target = (variable(name, table.machine.bits) for name in ("place", "target"))
    facts = {
        "place": Quantity(place, "address"),
        "target": Quantity(target, "address"),
        "distance": Quantity(lift(smallest(target - place, place - target), place.bits), "bytes"),  # either way round
    }
    message = "{broken} at {place} does not reach {target} ({distance} away), and there is no veneer: {consequence}"
    parts = tuple(_part(table, root, reach, what, place, target) for reach, what in rules)
    return ReachCondition(truth(formula), message, facts=facts, blame="start0", parts=parts)


def _part(table: ParamSet, root: AllocType, reach: Reach, what: str, place: Term, target: Term) -> ReachPart:
    """The place reaches the target by the rule, if the rule has places there and the target is of that kind."""
    begins = _beginnings(holdings(table, root), reach.instruction)
    stands = any_of(*(all_of(fits, held.holds(place)) for fits, held in begins))
    named = any_of(*(all_of(fits, held.holds(target)) for fits, held in target_regions(table, what)))
    consequence = (
        "the loader refuses the module" if reach.checked else "what is written names another address, unchecked"
    )
    holds = implies(all_of(stands, named), reach.names(place, target, table.machine.bits))
    return ReachPart(reach.name, truth(holds), consequence)


def all_reach(table: ParamSet, root: AllocType, rules: Sequence[tuple[Reach, str]]) -> Truth:
    """Every place reaches every target by these rules; places and targets are compared region by region."""
    return all_of(
        *(
            implies(all_of(any_place, any_target), reach.covers(places, targets))
            for reach, what in rules
            for any_place, places in instructions(table, root, reach.instruction)
            for any_target, targets in target_regions(table, what)
        )
    )


def instructions(table: ParamSet, root: AllocType, length: int) -> Iterator[tuple[Term, Region]]:
    """For each range of the root: whether an instruction of `length` bytes fits, and the region of its first byte."""
    return _beginnings(holdings(table, root), length)


def _beginnings(held: Iterator[tuple[Term, Region]], length: int) -> Iterator[tuple[Term, Region]]:
    for fits, text in held:
        any_text = all_of(fits, ule(length - 1, text.last - text.first))
        yield truth(any_text), Region(text.name, text.first, text.last - (length - 1))


def target_regions(table: ParamSet, what: str) -> Iterator[tuple[Term, Region]]:
    """The regions of targets of a kind, each with the condition that it is not empty."""
    region = table.machine.image if what == KERNEL else table.machine.target(what)
    if region is not None:
        yield region.nonempty, region
        return
    for other in carriers(table, what):
        yield from holdings(table, other)


# -- other allocators: no run of the loader involves them, so the condition is exact ---------------------------------


def _takes_part(reach: Reach, other: AllocType, aims: Sequence[str]) -> bool:
    """The other's memory has places for one of the aims; or it is an aim itself, of places in module sections."""
    names = other.name in reach.places and any(what in aims for what in reach.targets)
    is_named = other.name in aims and other.name in reach.targets and any(place in PLACES for place in reach.places)
    return names or is_named


def _reaching_of_others(table: ParamSet, other: AllocType, aims: Sequence[str]) -> Outcome:
    """Reach from its memory to the aims; and, if it is an aim, from module sections to its memory."""
    rules = [(reach, what) for reach in table.machine.reach for what in reach.targets if what in aims]
    pairs = [
        (reach, what, place)
        for reach, what in rules
        for place in reach.places
        if place == other.name or (what == other.name and place in PLACES)
    ]
    formulas = [_all_name(table, reach, place, what) for reach, what, place in pairs]
    low, high = (Quantity(getattr(other.ranges[0], end), "address") for end in ("first", "last"))
    parts = (ReachPart(pair[0].name, truth(holds), "") for pair, holds in zip(pairs, formulas, strict=True))
    named = ", ".join(dict.fromkeys(what for _, what, _ in pairs))
    return ReachCondition(
        truth(all_of(*formulas)),
        f"{{broken}}: {other.name} may lie from {{low}} to {{high}}, and from there not all is in reach ({named})",
        facts={"low": low, "high": high},
        blame="start0",
        parts=tuple(parts),
    )


def _all_name(table: ParamSet, reach: Reach, place: str, what: str) -> Truth:
    """Every place in blocks reaches every target in blocks or in the machine's region."""
    region = table.machine.image if what == KERNEL else table.machine.target(what)
    targets = [(region.nonempty, region)] if region else _pieces_of(table, what, "target's block")
    return all_of(
        *(
            implies(all_of(any_place, any_target), reach.covers(places, named))
            for any_place, places in _beginnings(iter(_pieces_of(table, place, "block")), reach.instruction)
            for any_target, named in targets
        )
    )


def _pieces_of(table: ParamSet, what: str, block: str) -> list[tuple[Term, Region]]:
    return [region for root in carriers(table, what) for region in block_regions(table, root, block)]
