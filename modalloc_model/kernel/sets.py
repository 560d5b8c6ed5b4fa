"""From a program to parameter sets: one for each path through the function that sets up module memory.

A set holds the fields of each type, in terms of names that the boot decides, with the lines that made each value. Paths
with the same table form one set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from modalloc_model.c.tokens import CError, SourceLine
from modalloc_model.descriptor.dialects import EXECMEM, MODULE_ALLOC, Field, FieldKind, Grammar
from modalloc_model.kernel.interpreter import Interpreter
from modalloc_model.kernel.paths import Drawn, FunctionPath, Infeasible, Meaning, Warned, explore
from modalloc_model.kernel.program import Function, Program
from modalloc_model.kernel.protections import Decoding, truth_of
from modalloc_model.kernel.state import State
from modalloc_model.kernel.tree import COMPLETES, GENERIC, OLDDEFCONFIG, Definition, KernelError
from modalloc_model.kernel.values import LostValue, Quantity, Record, Reference, Value, whole
from modalloc_model.words import Term, is_constant, substitute, variable, variables


@dataclass(frozen=True)
class FieldTerm:
    """A value of the table, and the lines of the kernel's source that made it."""

    term: Term
    trail: tuple[SourceLine, ...] = ()


@dataclass(frozen=True)
class Allowed:
    """A protection: the accesses that its bits allow (None if unknown), and the bits.

    `mapped` is the protection of the mapping if the loader changes it later.
    """

    letters: str | None
    bits: Term
    trail: tuple[SourceLine, ...] = ()
    mapped: Allowed | None = None


@dataclass(frozen=True)
class TypeRow:
    """The fields of one type. `fields` have the names of the rules; `flags_trail` are the lines of `flags`."""

    name: str
    fields: Mapping[str, FieldTerm]
    protection: Allowed | None
    flags: tuple[str, ...] = ()
    flags_trail: tuple[SourceLine, ...] = ()

    @property
    def begins_at_zero(self) -> bool:
        """Whether execmem_init_missing() treats it as left out."""
        start = self.fields.get("start0")
        return start is None or (is_constant(start.term) and not start.term.value)


@dataclass(frozen=True)
class Set:
    """One parameter set: its boots, by choices and constraints, and its rows in the dialect's order.

    `completed` are the types that the function leaves out, as the kernel completes them; empty if that was not read.
    """

    rows: tuple[TypeRow, ...]
    choices: Mapping[str, bool] = field(default_factory=dict)
    constraints: tuple[Term, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    guarded: bool = True  # whether a page is left free after each block
    completed: tuple[TypeRow, ...] = ()


@dataclass(frozen=True)
class FunctionSets:
    """Every set, and the warnings."""

    sets: tuple[Set, ...]
    warnings: tuple[Warned, ...]


def sets_of(
    program: Program,
    meaning: Meaning,
    definition: Definition,
    decodings: tuple[Decoding, ...],
    names: Callable[[SourceLine], str | None] = lambda place: None,
    completion: Program | None = None,
) -> FunctionSets:
    """Extracts the sets. KernelError if the function is not in the text, or sets nothing up.

    `names` gives the name that a line of the source assigns, if the profile has it; `completion` is the file in which
    the kernel completes what the function leaves out.
    """
    function = _function(program, definition)
    entered, asserted = {function.name}, list[SourceLine]()

    def walk(path: FunctionPath) -> Set:
        interpreter = Interpreter(State(program, meaning, path, entered))
        result = _call(interpreter, function, asserted)
        decoding = decoding_of(program, decodings, meaning.bits)
        return _Reader(interpreter, decoding, definition, names, completion).read(result)

    walked = list(explore(meaning, walk))
    if not walked:
        raise _no_path(definition, function, asserted)
    sets = _distinct(_merge([one for _, one in walked]))
    warnings = dict.fromkeys(warned for path, _ in walked for warned in path.warnings)
    warnings |= dict.fromkeys(_any_value(drawn) for one in sets for drawn in one.drawn if drawn.lost)
    return FunctionSets(sets, tuple(sorted(warnings, key=lambda w: (w.place.path, w.place.line, w.message))))


def _call(interpreter: Interpreter, function: Function, asserted: list[SourceLine]) -> Value:
    """The result of the function. If no kernel is built with this path, the place of the assertion is recorded."""
    size = whole(1, interpreter.state.meaning.bits, False)  # any size: it does not matter here
    try:
        return interpreter.call(function, [size] * len(function.parameters))
    except Infeasible as stopped:
        asserted.extend([stopped.asserted] if stopped.asserted else [])
        raise


def _any_value(drawn: Drawn) -> Warned:
    return Warned(drawn.place, f"{drawn.why}: any value is possible, as {drawn.name}")


def _function(program: Program, definition: Definition) -> Function:
    """The function that sets the table up; KernelError if the text has none."""
    function = program.function(definition.function)
    if function is None:
        where = f"{definition.path}: " if definition.path else ""
        message = f"{where}{definition.function}() is not there with this configuration"
        raise KernelError("no-function", message, "CONFIG_MODULES and CONFIG_MMU may be off, or the file another one")
    return function


def _no_path(definition: Definition, function: Function, asserted: list[SourceLine]) -> KernelError:
    if asserted:
        return KernelError("not-built", "such a kernel is not built: BUILD_BUG_ON() says so here", place=asserted[0])
    hint = f"the configuration contradicts itself or the profile: {OLDDEFCONFIG}; --arch names another profile"
    return KernelError("no-paths", f"no boot runs through {definition.function}()", hint, function.place)


def decoding_of(program: Program, decodings: tuple[Decoding, ...], width: int) -> Decoding | None:
    """The first decoding whose bits the text defines; for a text without macros, the one with values for them."""
    fitting = [one for one in decodings if all(map(program.defines, one.names))]
    by_value = [one for one in decodings if one.bits and one.width in (0, width)]
    return next(iter(fitting or ([] if program.macros else by_value)), None)


def _merge(found: list[Set]) -> list[Set]:
    """Merges sets with equal rows; the result has all their boots."""
    kept: dict[object, Set] = {}
    for one in found:
        key = tuple(
            (
                row.name,
                tuple((n, g.term) for n, g in row.fields.items()),
                row.protection and (row.protection.letters or row.protection.bits),
                row.flags,
            )
            for row in (*one.rows, *one.completed)
        )
        kept[key] = _join(kept[key], one) if key in kept else one
    return list(kept.values())


def _distinct(found: list[Set]) -> tuple[Set, ...]:
    """Removes conditions on lost values if no row has them and no other set differs by them."""
    choices = [one.choices for one in found]
    return tuple(_without_idle(one) if choices.count(one.choices) == 1 else one for one in found)


def _without_idle(one: Set) -> Set:
    terms = [given.term for row in (*one.rows, *one.completed) for given in row.fields.values()]
    idle = {drawn.name for drawn in one.drawn if drawn.lost} - variables(*terms).keys()
    constraints = tuple(term for term in one.constraints if not idle & variables(term).keys())
    return replace(one, constraints=constraints, drawn=tuple(drawn for drawn in one.drawn if drawn.name not in idle))


def _join(one: Set, other: Set) -> Set:
    choices = {name: held for name, held in one.choices.items() if other.choices.get(name) is held}
    constraints = tuple(term for term in one.constraints if term in other.constraints)
    return replace(one, choices=choices, constraints=constraints)


class _Reader:
    """Reads the rows from the final state of the function."""

    def __init__(
        self,
        interpreter: Interpreter,
        decoding: Decoding | None,
        definition: Definition,
        names: Callable[[SourceLine], str | None],
        completion: Program | None,
    ) -> None:
        self._walk = interpreter
        self._state = interpreter.state
        self._completion = completion
        self._names = names
        self._decoding = decoding
        self._definition = definition
        self._grammar: Grammar = EXECMEM if definition.dialect == "execmem" else MODULE_ALLOC

    def read(self, result: Value) -> Set:
        rows = self._execmem(result) if self._grammar is EXECMEM else self._module_alloc()
        return self._set(tuple(rows), tuple(self._completion_rows(result, rows)))

    # -- rows --------------------------------------------------------------------------------------------------------

    def _execmem(self, result: Value) -> list[TypeRow]:
        ranges = self._table(result).fields.get("ranges")
        if not isinstance(ranges, Record):
            raise KernelError("no-table", f"{self._definition.function}() sets no ranges up")
        names = self._grammar.dialect.types
        rows = [self._row(names[at], ranges.fields[at]) for at in range(len(names)) if at in ranges.fields]
        for at in ranges.fields:
            if not isinstance(at, int) or at >= len(names):
                self._state.path.warn(
                    SourceLine(), f"the type {at} of struct execmem_info is not known here: it is left out"
                )
        return [row for row in rows if row is not None]

    def _table(self, result: Value) -> Record:
        """The table whose address the function returns, or to which the file's execmem_info points."""
        if not isinstance(result, Reference):
            result = self._state.globals.get("execmem_info", result)
        held = result.scope.get(result.name) if isinstance(result, Reference) else None
        if not isinstance(held, Record):
            message = f"{self._definition.function}() returns nothing that could be followed"
            raise KernelError("no-table", message)
        return held

    def _row(self, name: str, value: Value) -> TypeRow | None:
        if not isinstance(value, Record):
            return None
        fields = {f.name: self._field(value.fields[f.member]) for f in self._numbers() if f.member in value.fields}
        protection = self._protection(value.fields["pgprot"]) if "pgprot" in value.fields else None
        flags = value.fields.get("flags")
        return TypeRow(name, fields, protection, self._flags(flags), flags.trail if isinstance(flags, Quantity) else ())

    def _completion_rows(self, result: Value, rows: list[TypeRow]) -> list[TypeRow]:
        """The types without a start, completed by execmem_init_missing() of the same tree."""
        if self._completion is None or not isinstance(result, Reference):
            return []
        function = self._completion.function(COMPLETES)
        if function is None:
            return self._no_completion(SourceLine(GENERIC.path, 1), f"{COMPLETES}() is not there")
        given = {row.name for row in rows if not row.begins_at_zero}
        try:
            Interpreter(self._state.beside(self._completion)).call(function, [result])
        except CError as wrong:
            return self._no_completion(wrong.place or function.place, wrong.message)
        return [row for row in self._execmem(result) if row.name not in given]

    def _no_completion(self, place: SourceLine, why: str) -> list[TypeRow]:
        self._state.path.warn(place, f"{why}: types that are left out are taken as Linux 6.12 fills them in")
        return []

    def _numbers(self) -> list[Field]:
        return [f for f in self._grammar.fields if f.kind in (FieldKind.ADDRESS, FieldKind.UNSIGNED_INT)]

    def _module_alloc(self) -> list[TypeRow]:
        """Each attempt gives a range; the first one the alignment and the protection."""
        attempts = self._state.ranges
        if not attempts:
            asked = ", ".join(f"{name}()" for name in sorted(self._state.unknown_calls)) or "nothing"
            message = f"module_alloc() does not ask __vmalloc_node_range() for memory, but {asked}"
            raise KernelError(
                "no-table", message, "memory from there has no range of its own: no table can be imported"
            )
        fields: dict[str, FieldTerm] = {"alignment": self._field(attempts[0][0])}
        for number, (_, start, end, _prot) in enumerate(attempts[:2]):
            fields |= {f"start{number}": self._field(start), f"end{number}": self._field(end)}
        if len(attempts) > len(("primary", "fallback")):
            self._state.path.warn(SourceLine(), f"module_alloc() tries {len(attempts)} ranges: the first two are read")
        return [TypeRow("MODULE", fields, self._protection(attempts[0][3]))]

    # -- values ------------------------------------------------------------------------------------------------------

    def _field(self, value: Value) -> FieldTerm:
        number = self._state.quantity(value)
        term = self._state.arithmetic.term(number)
        lost = [self._state.path.drawn[name] for name in self._lost_in(term)]
        kept = next(filter(None, map(self._names, number.trail)), None) if lost else None
        if kept is None:
            return FieldTerm(term, number.trail)
        why = ", ".join(dict.fromkeys(one.why for one in lost))
        self._state.path.warn(number.trail[0], f"{kept} could not be computed ({why}): the profile's value stands")
        return FieldTerm(variable(kept, self._state.meaning.bits), number.trail)

    def _lost_in(self, term: Term) -> list[str]:
        drawn = self._state.path.drawn
        return [name for name in variables(term) if name in drawn and drawn[name].lost]

    def _flags(self, value: Value | None) -> tuple[str, ...]:
        known = self._state.quantity(value).known if value is not None else 0
        found = [name for name in self._grammar.flags if known and known & self._constant(name)]
        return tuple(found)

    def _constant(self, name: str) -> int:
        value = self._walk.evaluate(self._state.program.expression(name))
        known = value.known if isinstance(value, Quantity) else None
        return known or 0

    def _protection(self, value: Value) -> Allowed:
        inner = next(iter(value.fields.values()), None) if isinstance(value, Record) else value
        if inner is None or isinstance(inner, (Record, Reference, LostValue)):
            name = inner.name if isinstance(inner, LostValue) else "pgprot"
            return Allowed(None, Term("var", bits=self._state.meaning.bits, name=name), ())
        return Allowed(self._letters(inner), self._state.arithmetic.term(inner), inner.trail)

    def _letters(self, value: Quantity) -> str | None:
        if self._decoding is None:
            return None
        asked = (self._decoding.read, self._decoding.write, self._decoding.execute)
        answers = [self._answer(question, value) for question in asked]
        if any(answer is None for answer in answers):
            return None
        return "".join(letter if held else "-" for letter, held in zip("rwx", answers, strict=True))

    def _answer(self, question: str, value: Quantity) -> bool | None:
        """The answer to a question in the tree's own names about this value."""
        answer = self._walk.ask(question, {"prot": value}, self._decoding.bits if self._decoding else {})
        return truth_of(self._state.arithmetic.condition(answer)) if answer is not None else None

    # -- boots -------------------------------------------------------------------------------------------------------

    def _set(self, rows: tuple[TypeRow, ...], completed: tuple[TypeRow, ...]) -> Set:
        """The set of this path: choices are replaced by their values, and warnings reported once."""
        path = self._state.path
        choices = _choices(path)
        values = {name: int(held) for name, held in choices.items()}
        rows, completed = (tuple(_with(row, values) for row in some) for some in (rows, completed))
        conditions = [substitute(condition, values) for condition in path.conditions]
        used = self._names_in((*rows, *completed), conditions)
        constraints = tuple(dict.fromkeys(c for c in conditions if not is_constant(c)))
        drawn = tuple(drawn for name, drawn in path.drawn.items() if name in used and name not in choices)
        return Set(rows, choices, constraints, drawn, self._state.guarded, completed)

    def _names_in(self, rows: tuple[TypeRow, ...], conditions: list[Term]) -> set[str]:
        terms = [given.term for row in rows for given in row.fields.values()]
        return set(variables(*terms, *conditions))


def _choices(path: FunctionPath) -> dict[str, bool]:
    """The choices that the path's conditions fix."""
    found = {}
    for condition in path.conditions:
        for name, drawn in path.drawn.items():
            held = _lays_down(condition, name) if drawn.choice else None
            if held is not None:
                found[name] = held
    return found


def _lays_down(condition: Term, name: str) -> bool | None:
    positive = condition.op == "not"  # != 0 is written as not (= 0)
    inner = condition.args[0] if positive else condition
    if inner.op != "=" or inner.args[0].name != name or not is_constant(inner.args[1]) or inner.args[1].value:
        return None
    return positive


def _with(row: TypeRow, values: Mapping[str, int]) -> TypeRow:
    fields = {name: replace(given, term=substitute(given.term, values)) for name, given in row.fields.items()}
    return replace(row, fields=fields)
