"""What instructions and words in module memory can name, and whether all of it is within their reach."""

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
"""Where what names something can stand, or what it names, and the kinds of the sections in which that lies."""


@dataclass(frozen=True, slots=True)
class ReachPart:
    """A rule of the machine's that can fail by itself: its name, when it holds, and what follows where it does not."""

    name: str
    formula: Term
    consequence: str


@dataclass(frozen=True, slots=True)
class ReachCondition(Condition):
    """That all is within reach. In `message`, `{broken}` are the parts that fail, and `{consequence}` what follows."""

    parts: tuple[ReachPart, ...] = ()

    def words(self, model: Mapping[str, int]) -> Mapping[str, str]:
        """The parts that fail in the model, where words that it leaves out are 0; all of them if none does."""
        failing = [part for part in self.parts if not _is_true(part.formula, model)] or self.parts
        names, consequences = dict.fromkeys(p.name for p in failing), dict.fromkeys(p.consequence for p in failing)
        return {"broken": ", ".join(names), "consequence": "; ".join(consequences)}


def _is_true(formula: Term, model: Mapping[str, int]) -> bool:
    return bool(evaluate(formula, {**dict.fromkeys(variables(formula), 0), **model}))


Aims = Callable[[Machine], Sequence[str]]
"""What one rule of reach looks at, of all that can be named on a machine."""


def the_kernel(machine: Machine) -> Sequence[str]:
    """The image, and the regions that the machine names beside it."""
    return (KERNEL, *(target.name for target in machine.targets))


def code(machine: Machine) -> Sequence[str]:
    """Module text, and code that others than the loader allocate."""
    others = (name for reach in machine.reach for name in (*reach.places, *reach.targets))
    known = {*TARGETS, *the_kernel(machine)}
    return (TEXT, *dict.fromkeys(name for name in others if name not in known))


def own_sections(machine: Machine) -> Sequence[str]:
    """What else lies in the module itself."""
    return (DATA, INIT_TEXT)


# -- of whom it is asked ---------------------------------------------------------------------------------------------


def text_roots(table: ParamSet) -> Iterator[Subject]:
    """Roots on which text lies."""
    wanted = {root.index for root in of_kind(table, Kind.TEXT)}
    return (subject for subject in each_root(table) if subject.parts[0].index in wanted)


def naming_roots(aims: Aims) -> Callable[[ParamSet], Iterator[Subject]]:
    """Roots on which text lies, or anything that names one of the aims; then types that others allocate from."""

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
    """What stands on the root and names one of the aims, and which; what others allocate is looked at on their side."""
    return [
        (reach, what)
        for reach in table.machine.reach
        for what in reach.targets
        if what in aims and not reach.within_module and stands_on(table, root, reach)
        if (what in TARGETS and (what != KERNEL or table.machine.image)) or table.machine.target(what)
    ]


def stands_on(table: ParamSet, root: AllocType, reach: Reach) -> bool:
    """Something that reaches by that rule can stand in memory of the root."""
    return any(root is other for place in reach.places for other in carriers(table, place))


def carriers(table: ParamSet, what: str) -> tuple[AllocType, ...]:
    """The roots on which sections lie that hold such places or targets; what others allocate is a root of its own."""
    if what not in KINDS_OF_PLACE:
        return tuple(other for other in table.others if other.name == what)
    kinds, init = KINDS_OF_PLACE[what], what == INIT_TEXT
    sections = [s for s in table.sections if s.kind in kinds and (s.init or not init)]
    wanted = {root.index for s in sections if (root := table.section_root(s))}
    return tuple(root for root in table.roots if root.index in wanted)


# -- what the loader's modules reach ---------------------------------------------------------------------------------


def reaching(table: ParamSet, root: AllocType, aims: Sequence[str]) -> Outcome:
    """Every place on the root names every target among the aims, by each rule of the machine for such targets."""
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
    """What stands at the place by that rule names the target, if it can stand there and the target is of that kind."""
    begins = _beginnings(holdings(table, root), reach.instruction)
    stands = any_of(*(all_of(fits, held.holds(place)) for fits, held in begins))
    named = any_of(*(all_of(fits, held.holds(target)) for fits, held in target_regions(table, what)))
    consequence = (
        "the loader refuses the module" if reach.checked else "what is written names another address, unchecked"
    )
    holds = implies(all_of(stands, named), reach.names(place, target, table.machine.bits))
    return ReachPart(reach.name, truth(holds), consequence)


def all_reach(table: ParamSet, root: AllocType, rules: Sequence[tuple[Reach, str]]) -> Truth:
    """What a range holds is a region, and so is where targets lie: they are compared as wholes."""
    return all_of(
        *(
            implies(all_of(any_place, any_target), reach.covers(places, targets))
            for reach, what in rules
            for any_place, places in instructions(table, root, reach.instruction)
            for any_target, targets in target_regions(table, what)
        )
    )


def instructions(table: ParamSet, root: AllocType, length: int) -> Iterator[tuple[Term, Region]]:
    """For each range of the root: whether it holds any instruction of `length` bytes, and where they can begin."""
    return _beginnings(holdings(table, root), length)


def _beginnings(held: Iterator[tuple[Term, Region]], length: int) -> Iterator[tuple[Term, Region]]:
    for fits, text in held:
        any_text = all_of(fits, ule(length - 1, text.last - text.first))
        yield truth(any_text), Region(text.name, text.first, text.last - (length - 1))


def target_regions(table: ParamSet, what: str) -> Iterator[tuple[Term, Region]]:
    """Where targets of a kind can lie: whether there is any, and the region."""
    region = table.machine.image if what == KERNEL else table.machine.target(what)
    if region is not None:
        yield region.nonempty, region
        return
    for other in carriers(table, what):
        yield from holdings(table, other)


# -- what others than the loader allocate: no run of the loader's shows it, so that the condition is exact -----------


def _takes_part(reach: Reach, other: AllocType, aims: Sequence[str]) -> bool:
    """Something in the other's memory names one of the aims; or it is one itself, and module sections name it."""
    names = other.name in reach.places and any(what in aims for what in reach.targets)
    is_named = other.name in aims and other.name in reach.targets and any(place in PLACES for place in reach.places)
    return names or is_named


def _reaching_of_others(table: ParamSet, other: AllocType, aims: Sequence[str]) -> Outcome:
    """From its memory to the aims; and, where it is one of them, from module sections to its memory."""
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
    """Every place that blocks can fill names every target that they can, or that the machine names."""
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
