"""Descriptors to parameter sets: the meaning of every field on a machine.

A field left out is zero, as in C: mapto 0 is the first type, functions are NULL, a protection allows nothing. The
dialect then fills in types that are left out. Source: execmem_init_missing(), mm/execmem.c:84-104 of Linux 6.12, which
tests for a start of zero; ALIGN() and the page sizes of mm/vmalloc.c:1793-1796,2022. The values are not judged here;
that is the task of the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from modalloc_model.c.syntax import Binary, Call, Cast, Conditional, Expression, Name, Number, Unary
from modalloc_model.descriptor import context
from modalloc_model.descriptor.bounds import doubt_lengths
from modalloc_model.descriptor.context import STRICT, CallerSettings
from modalloc_model.descriptor.descriptor import Descriptor, Entry, FieldText
from modalloc_model.descriptor.dialects import FieldKind, Grammar, LeftOut
from modalloc_model.descriptor.environment import Environment, parse, source_text
from modalloc_model.descriptor.loading import file_of, load
from modalloc_model.descriptor.machine import Overrides, build
from modalloc_model.descriptor.profile import Profile
from modalloc_model.descriptor.reading import Table
from modalloc_model.descriptor.source import Journal, ReadError, Source, Text, excerpt, nearest
from modalloc_model.params import MAX_ADDRESS_SPACES, AllocType, Assumptions, Machine, ParamSet, Protection, Range
from modalloc_model.verdict import Problem
from modalloc_model.words import Term, all_of, choose, constant, is_constant, is_power_of_two, lift, ne, truth, ult

_UINT = 32  # bits of C's unsigned int, on every machine Linux runs on
_MAX_ALIASES = 8


class Profiles:
    """The profiles of one reading, each loaded once."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._loaded: dict[tuple[str, Path | None], Profile | None] = {}

    def find(self, text: Text) -> Profile | None:
        """The profile; None after a problem."""
        key = text.text, file_of(text)  # the same path is another file in another folder
        if key not in self._loaded:
            self._loaded[key] = load(text, self._journal)
        elif self._loaded[key] is None:
            load(text, self._journal)  # reports it at this place too
        return self._loaded[key]


def resolve(
    descriptor: Descriptor, source: Source, caller: CallerSettings, profiles: Profiles, journal: Journal
) -> Table | None:
    """The table of a descriptor under the caller's settings; None after a problem."""
    arch = caller.arch or descriptor.context.arch
    if arch is None:
        hint = "name one with --arch, or in a comment: /* modalloc: {arch: x86_64} */"
        journal.error(descriptor.where, "no-arch", f"nothing says for which architecture {descriptor.name!r} is", hint)
        return None
    profile = profiles.find(arch)
    before = journal.errors
    built = build(profile, _overrides(descriptor, caller), journal) if profile else None
    if profile is None or built is None:
        return None
    machine, environment = built
    doubt_lengths(profile, machine, environment, journal)
    types = complete(_Types(descriptor, machine, environment, journal).all(), descriptor.grammar, machine)
    return (
        _table(descriptor, source, caller, machine, types)
        if journal.errors == before and not descriptor.broken
        else None
    )


def _overrides(descriptor: Descriptor, caller: CallerSettings) -> Overrides:
    own = descriptor.context
    defines = {**own.defines, **caller.defines}
    numbers = descriptor.grammar.type_numbers
    return Overrides(
        defines,
        own.unknowns,
        numbers,
        own.constraints,
        own.protections,
        own.kasan_alignment,
        caller.beyond,
        bool(own.configuration),
    )


def _table(
    descriptor: Descriptor, source: Source, caller: CallerSettings, machine: Machine, types: tuple[AllocType, ...]
) -> Table:
    written = descriptor.context
    dialect = descriptor.grammar.configured(written.configuration)
    base = assumptions(descriptor.grammar, machine, written.configuration)
    own = context.assumptions(base, written.assume, written.claims)
    stem = PurePath(source.path).stem if source.path != "-" else "stdin"
    params = ParamSet(
        id=f"{stem}:{descriptor.name}",
        path=source.path,
        line=descriptor.where.line,
        machine=machine,
        dialect=dialect,
        assumptions=context.with_caller_settings(own, caller),
        types=types,
        conditions=machine.constraints[len(machine.constraints) - len(written.constraints) :],
        configuration=written.configuration,
        assumed=written.assumed,
    )
    return Table(params, context.cases(base, written), source.text)


_TERMS = frozenset({"seals", "second", "shared_pmd"})
"""Flags that are terms of a type."""


@dataclass(frozen=True)
class _Function:
    given: Term
    name: str


_NO_FUNCTION = _Function(truth(False), "")


class _Types:
    """Every type of a table, read field by field."""

    def __init__(self, descriptor: Descriptor, machine: Machine, environment: Environment, journal: Journal) -> None:
        self._descriptor = descriptor
        self._grammar: Grammar = descriptor.grammar
        self._machine = machine
        self._environment = environment
        self._journal = journal
        self._zero = constant(0, machine.bits)
        self._read: dict[tuple[FieldKind, tuple[tuple[int, str], ...]], Any] = {}
        self._readers: Mapping[FieldKind, Callable[[FieldText], Any]] = {
            FieldKind.TYPE: self._mapto,
            FieldKind.FLAGS: self._flags,
            FieldKind.UNSIGNED_INT: self._unsigned_int,
            FieldKind.ADDRESS: self._address,
            FieldKind.PROTECTION: self._protection,
            FieldKind.FUNCTION: self._function,
        }

    def all(self) -> tuple[AllocType, ...]:
        names = self._grammar.dialect.types
        return tuple(self._type(name, index) for index, name in enumerate(names))

    def _type(self, name: str, index: int) -> AllocType:
        entry = self._descriptor.entries.get(name)
        fields: Mapping[str, FieldText] = entry.fields if entry else {}
        read = {key: self._value(given) for key, given in fields.items()}
        values = {key: value for key, value in read.items() if value is not None}
        flags: frozenset[str] = values.get("flags", frozenset())
        ranges = self._ranges(values)
        fill, invalidate = self._functions(values, flags)
        return AllocType(
            name=name,
            index=index,
            mapto=values.get("mapto", 0) if self._grammar.dialect.has_mapto else index,
            granularity=self._granularity(values, flags),
            ranges=ranges,
            second=self._second(ranges, flags),
            seals=truth("seals" in flags),
            shared_pmd=truth("shared_pmd" in flags),
            fill=fill.given,
            invalidate=invalidate.given,
            fill_name=fill.name,
            invalidate_name=invalidate.name,
            **self._carving(values, flags),
            written=frozenset(fields),
            where=_places(entry),
            flags=flags - _TERMS,
        )

    def _cache(self, flags: frozenset[str]) -> bool:
        cache = self._grammar.cache
        return cache is not None and cache.flag in flags

    def _granularity(self, values: Mapping[str, Any], flags: frozenset[str]) -> Term:
        if self._grammar.dialect.has_granularity:
            granularity: Term = values.get("granularity", self._zero)
            return granularity
        return self._machine.page

    def _alignment(self, values: Mapping[str, Any]) -> Term:
        alignment: Term = values.get("alignment", self._zero)
        if self._grammar.dialect.has_granularity:
            return alignment
        return page_alignment(alignment, self._machine.page)

    def _carving(self, values: Mapping[str, Any], flags: frozenset[str]) -> dict[str, Any]:
        """The differences of a type whose blocks are carved page by page, whatever the table requests.

        execmem_cache_alloc_locked() and execmem_cache_populate_alloc() ignore `alignment` and `pgprot`: blocks are
        read-only and executable, of large pages or else of the requested size (7.3:mm/execmem.c).
        """
        if not self._cache(flags):
            protection = values.get("pgprot", Protection.of("", "---"))
            return {"alignment": self._alignment(values), "protection": protection}
        return {
            "alignment": self._machine.page,
            "protection": self._machine.protections.get("PAGE_KERNEL_ROX", Protection.of("read+execute", "r-x")),
            "carved": truth(True),
            "large": self._machine.pmd,
            "promised": self._alignment(values),
        }

    def _second(self, ranges: tuple[Range, ...], flags: frozenset[str]) -> Term:
        """By its flag; a dialect without one tests the range's start (6.12:mm/execmem.c:34)."""
        if "second" in self._grammar.flags.values():
            return truth("second" in flags)
        return truth(ne(ranges[1].start, 0))

    def _functions(self, values: Mapping[str, Any], flags: frozenset[str]) -> tuple[_Function, _Function]:
        cache = self._grammar.cache
        if cache is not None and self._cache(flags):
            return _Function(truth(True), cache.fill), _Function(truth(True), cache.invalidate)
        return values.get("fill", _NO_FUNCTION), values.get("invalidate", _NO_FUNCTION)

    def _ranges(self, values: Mapping[str, Any]) -> tuple[Range, ...]:
        inclusive = self._grammar.dialect.inclusive_ends
        bounds = [
            (values.get(f"start{n}", self._zero), values.get(f"end{n}", self._zero)) for n in range(MAX_ADDRESS_SPACES)
        ]
        return tuple(Range.from_bounds(start, end, inclusive) for start, end in bounds)

    def _value(self, given: FieldText) -> Any:
        """The value of a field; an entry for a range of types is read once."""
        place = (given.field.kind, tuple((text.offset, text.text) for text in given.texts))
        if place not in self._read:
            self._read[place] = self._value_or_none(given)
        return self._read[place]

    def _value_or_none(self, given: FieldText) -> Any:
        try:
            return self._readers[given.field.kind](given)
        except ReadError as found:
            self._journal.add(found.problem)
            return None

    def _fail(self, text: Text, node: Expression | None, code: str, message: str, hint: str = "") -> ReadError:
        return ReadError(Problem(text.at(node.span.start if node else 0), code, message, hint))

    def _address(self, given: FieldText) -> Term | None:
        value = self._environment.evaluate(given.texts[0])
        return value.term if value else None

    def _unsigned_int(self, given: FieldText) -> Term | None:
        """C keeps 32 bits of a value assigned to an unsigned int."""
        term = self._address(given)
        if term is None or self._machine.bits == _UINT:
            return term
        kept = term & ((1 << _UINT) - 1)
        if is_constant(term) and kept != term:
            text = given.texts[0]
            message = f"{given.field.name} is an unsigned int: of {excerpt(text.text)!r}, {term.value:#x},"
            message += f" C keeps {kept.value:#x}"
            self._journal.warn(text.at(), "truncated", message)
        return kept if is_constant(term) else term

    def _mapto(self, given: FieldText) -> int | None:
        text = given.texts[0]
        name = text.text.strip()
        types = self._grammar.dialect.types
        if self._descriptor.short_names and name in types:
            return types.index(name)
        self._refuse_unknown_type(text, name)
        term = self._address(given)
        if term is not None and not is_constant(term):
            message = f"{given.field.name} is {excerpt(name)!r}, which the boot decides"
            raise self._fail(text, None, "not-constant", message)
        return term.value & ((1 << _UINT) - 1) if term is not None else None

    def _refuse_unknown_type(self, text: Text, name: str) -> None:
        known = self._grammar.type_numbers
        looks_like_type = name.startswith(self._grammar.type_prefix) or self._descriptor.short_names
        if name.isidentifier() and looks_like_type and name not in self._environment.symbols.names():
            names = [*known, *self._grammar.dialect.types] if self._descriptor.short_names else known
            raise self._fail(text, None, "unknown-type", f"unknown type {excerpt(name)!r}", nearest(name, names))

    def _flags(self, given: FieldText) -> frozenset[str]:
        found = [self._flag(text, parse(text)) for text in given.texts]
        return frozenset().union(*found)

    def _flag(self, text: Text, node: Expression) -> frozenset[str]:
        """Names combined with |; their numbers do not matter."""
        match node:
            case Binary(operator="|"):
                return self._flag(text, node.left) | self._flag(text, node.right)
            case Conditional():
                return self._flag(text, self._branch(text, node))
            case Name() if node.name in self._grammar.flags:
                return frozenset({self._grammar.flags[node.name]})
            case Number() if not node.value:
                return frozenset()
            case Name():
                known = self._grammar.flags
                hint = nearest(node.name, known) or f"known: {', '.join(known)}"
                raise self._fail(text, node, "unknown-flag", f"unknown flag {excerpt(node.name)!r}", hint)
        message = f"flags are names combined with |, or 0, not {source_text(text, node)!r}"
        raise self._fail(text, node, "wrong-kind", message)

    def _branch(self, text: Text, node: Conditional) -> Expression:
        condition = self._environment.node(text, node.condition)
        if condition is None or not condition.is_constant:
            message = f"{source_text(text, node.condition)!r} cannot be decided here"
            raise self._fail(text, node, "not-constant", message)
        return (node.chosen or node.condition) if condition.term.value else node.other

    def _protection(self, given: FieldText) -> Protection | None:
        text, node = given.texts[0], parse(given.texts[0])
        for _ in range(_MAX_ALIASES):
            if isinstance(node, Conditional):
                node = self._branch(text, node)
            elif isinstance(node, Name) and node.name in self._environment.symbols.defines:
                text = self._environment.symbols.defines[node.name]
                node = parse(text)
        if _is_no_protection(node):
            return Protection.of("__pgprot(0)", "---")
        if not isinstance(node, Name) or node.name in self._environment.symbols.names():
            message = f"a number, {source_text(text, node)!r}, where a protection such as PAGE_KERNEL belongs"
            raise self._fail(text, node, "wrong-kind", message)
        found = self._machine.protections.get(node.name)
        if found is None:
            known = self._machine.protections
            hint = nearest(node.name, known) or f"known: {', '.join(known)}"
            message = f"{excerpt(node.name)!r} is no protection that {self._machine.name} has"
            raise self._fail(text, node, "unknown-protection", message, hint)
        return found

    def _function(self, given: FieldText) -> _Function:
        text, node = given.texts[0], parse(given.texts[0])
        while isinstance(node, Cast) or (isinstance(node, Unary) and node.operator == "&"):
            node = node.operand
        if (isinstance(node, Number) and not node.value) or (isinstance(node, Name) and node.name == "NULL"):
            return _NO_FUNCTION
        if not isinstance(node, Name):
            message = f"{given.field.name} takes a function's name or NULL, not {source_text(text, node)!r}"
            raise self._fail(text, node, "wrong-kind", message)
        return _Function(truth(True), node.name)


def _is_no_protection(node: Expression) -> bool:
    """Whether it is `__pgprot(0)`."""
    match node:
        case Call(function=Name(name="__pgprot"), arguments=[Number(value=0)]):
            return True
    return False


def _places(entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return {}
    return {"": entry.where, **{key: given.where for key, given in entry.fields.items()}}


def complete(types: tuple[AllocType, ...], grammar: Grammar, machine: Machine) -> tuple[AllocType, ...]:
    """The types; those that the table leaves out are filled in from the default type as the dialect does."""
    default = next((t for t in types if t.name == grammar.default), None)
    if default is None or grammar.left_out is LeftOut.ZERO:
        return types
    return tuple(_copy_of_default(t, default, grammar, machine) if _is_left_out(t, default) else t for t in types)


def _is_left_out(t: AllocType, default: AllocType) -> bool:
    start = t.ranges[0].start
    return t is not default and is_constant(start) and not start.value


def _copy_of_default(t: AllocType, default: AllocType, grammar: Grammar, machine: Machine) -> AllocType:
    if grammar.left_out is LeftOut.MERGED:
        return replace(t, mapto=default.index)
    own = grammar.own_protection.get(t.name)
    protection = machine.protections.get(own, Protection.of(own, "---")) if own else default.protection
    where = t.where or default.where
    return replace(
        default, name=t.name, index=t.index, mapto=t.index, protection=protection, written=frozenset(), where=where
    )


def page_alignment(alignment: Term, page: Term) -> Term:
    """The alignment of whole pages: every page satisfies a smaller power of two."""
    met = all_of(is_power_of_two(alignment), ult(alignment, page))
    return lift(choose(met, page, alignment), page.bits)


def assumptions(grammar: Grammar, machine: Machine, configuration: Mapping[str, str]) -> Assumptions:
    """The dialect's assumptions. Without STRICT_MODULE_RWX pages stay as mapped, and nothing is claimed.

    The configuration decides, otherwise the machine's profile.
    """
    base = grammar.dialect.assumptions
    strict = configuration[STRICT] == "y" if STRICT in configuration else machine.strict_module_rwx
    if not grammar.loader_follows_machine or strict is None:
        return base
    return replace(base, claims=("strict-rwx",)) if strict else replace(base, protect="at-map")
