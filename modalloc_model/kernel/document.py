"""Parameter sets as YAML tables, with the line of the kernel's source beside each value.

The same tree and configuration give the same bytes. `modalloc verify`, `show` and `gate` read them like any table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from modalloc_model import __version__
from modalloc_model.c.tokens import SourceLine
from modalloc_model.kernel.configuration import decisive, dialect_of, kasan_alignment
from modalloc_model.kernel.facts import Facts, facts_of
from modalloc_model.kernel.importing import Imported, MachineSet
from modalloc_model.kernel.paths import Drawn
from modalloc_model.kernel.sets import FieldTerm, TypeRow
from modalloc_model.kernel.tree import KernelError
from modalloc_model.words import Term, is_constant, is_large, render

_PLAIN = re.compile(r"[A-Za-z_][\w]*|0x[0-9a-f]+|\d+")
_LINES = 3
_SPACE = re.compile(r"\s+")


def documents(imported: Imported) -> dict[str, str]:
    """The text of each profile's tables, by the profile's name."""
    found: dict[str, list[str]] = {}
    for placed in imported.placed:
        found.setdefault(placed.profile.name, []).append("\n".join(_Document(imported, placed).lines()))
    return {name: "\n---\n".join(texts) + "\n" for name, texts in found.items()}


class _Document:
    """One table."""

    def __init__(self, imported: Imported, placed: MachineSet) -> None:
        self._imported = imported
        self._placed = placed
        self._facts: Facts = facts_of(imported, placed)

    def lines(self) -> Iterator[str]:
        yield from self._head()
        yield f"name: {self._name()}"
        yield f"dialect: {dialect_of(self._imported.definition, self._imported.configuration)}"
        yield f"arch: {self._placed.profile.name}"
        yield from self._configuration()
        if not self._placed.set.guarded:
            yield "assume: {guard: none}"
        yield from self._kasan()
        yield from self._defines()
        yield from self._unknowns()
        yield from self._constraints()
        yield from self._protections()
        yield ""
        yield "types:"
        for row in self._facts.rows:
            yield from self._row(row)

    def _head(self) -> Iterator[str]:
        imported = self._imported
        version = f"Linux {imported.tree.version}, " if imported.tree else ""
        yield f"# {version}{imported.definition.path or 'a preprocessed file'}, {imported.definition.function}()."
        configured = f", configuration {imported.configuration.path}" if imported.configuration else ""
        yield f"# Written by modalloc {__version__} import, {imported.read.how}{_base_name(configured)}."
        for name, held in sorted(self._placed.set.choices.items()):
            yield f"# This is the table of boots in which {name} is {'true' if held else 'false'}."
        for term in self._placed.set.constraints if self._number() else ():
            yield f"# This is the table of boots in which {render(term)}."
        yield ""

    def _name(self) -> str:
        own = {n: held for n, held in self._placed.set.choices.items() if len(self._imported.placed) > 1}
        parts = [name if held else f"no-{name}" for name, held in sorted(own.items())]
        return "-".join([self._imported.definition.function, *parts, *self._number()])

    def _number(self) -> list[str]:
        """Numbers sets that differ only in their constraints."""
        alike = [
            other for other in self._imported.placed
            if (other.profile.name, other.set.choices) == (self._placed.profile.name, self._placed.set.choices)
        ]  # fmt: skip
        return [str(alike.index(self._placed) + 1)] if len(alike) > 1 else []

    def _configuration(self) -> Iterator[str]:
        options = decisive(self._imported.definition, self._imported.configuration)
        if options:
            yield "configuration:"
            yield from (f"  {name}: {value}" for name, value in sorted(options.items()))
        if self._facts.assumed:
            yield f"assumed: [{', '.join(self._facts.assumed)}]"

    def _kasan(self) -> Iterator[str]:
        imported = self._imported
        of_function = imported.tree.text(imported.definition.path) if imported.tree else ""
        source = of_function if imported.definition.dialect == "module_alloc" else ""
        wanted = kasan_alignment(self._placed.set, source, imported.configuration)
        if wanted:
            yield f"kasan_alignment: {wanted}"

    def _defines(self) -> Iterator[str]:
        if self._facts.defines:
            yield ""
            yield "# The tree says otherwise than the profile here."
            yield "define:"
            for name, (value, place) in sorted(self._facts.defines.items()):
                yield f"  {name}: {value:#x}  # {place}"

    def _unknowns(self) -> Iterator[str]:
        if self._placed.set.drawn:
            yield ""
            yield "unknowns:"
            for drawn in self._placed.set.drawn:
                source = json.dumps(f"{_of(drawn)}")
                yield f"  {drawn.name}: {{step: 1, k: [{drawn.low}, {drawn.high:#x}], source: {source}}}"

    def _constraints(self) -> Iterator[str]:
        if self._placed.set.constraints:
            yield ""
            yield "constraints:"
            yield from (f"  - {json.dumps(_text(term))}" for term in self._placed.set.constraints)

    def _protections(self) -> Iterator[str]:
        named = self._facts.protections
        if named:
            yield ""
            yield "protections:"
            for name, (letters, source) in sorted(named.items()):
                yield f"  {name}: {{allows: {letters}, source: {json.dumps(source)}}}"

    def _row(self, row: TypeRow) -> Iterator[str]:
        yield f"  {row.name}:"
        yield from self._ranges(row)
        if "alignment" in row.fields:
            yield from self._comment("    ", [row.fields["alignment"].trail])
            yield f"    alignment: {_expression(row.fields['alignment'].term)}"
        if row.protection is not None:
            yield from self._comment("    ", [row.protection.trail])
            yield f"    pgprot: {self._facts.names[row.name]}"
        if row.flags:
            yield f"    flags: [{', '.join(row.flags)}]"

    def _ranges(self, row: TypeRow) -> Iterator[str]:
        pairs = [(row.fields.get(f"start{n}"), row.fields.get(f"end{n}")) for n in range(2)]
        used = [pair for pair in pairs if any(given is not None and not _is_zero(given) for given in pair)]
        if used:
            yield "    ranges:"
        for start, end in used:
            trails = [given.trail for given in (start, end) if given is not None]
            yield from self._comment("      ", trails)
            yield f"      - {{start: {_of_function(start)}, end: {_of_function(end)}}}"

    def _comment(self, indent: str, trails: Iterable[tuple[SourceLine, ...]]) -> Iterator[str]:
        places = dict.fromkeys(place for trail in trails for place in trail[:_LINES])
        for place in places:
            text = self._imported.tree.line(place.path, place.line) if self._imported.tree else ""
            yield f"{indent}# {place}: {_SPACE.sub(' ', text)}" if text else f"{indent}# {place}"


def _of(drawn: Drawn) -> str:
    return f"{drawn.place}: {drawn.why}" if drawn.place.path else drawn.why


def _base_name(text: str) -> str:
    """The last part of a path, which does not depend on this machine."""
    head, _, tail = text.rpartition("/")
    return f"{head.split(' ')[0]} configuration {tail}" if head else text


def _is_zero(given: FieldTerm) -> bool:
    return is_constant(given.term) and not given.term.value


def _of_function(given: FieldTerm | None) -> str:
    return _expression(given.term) if given is not None else "0"


def _expression(term: Term) -> str:
    text = _text(term)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _text(term: Term) -> str:
    """The term as an expression. KernelError if a table cannot hold it."""
    if is_large(term):
        raise KernelError(
            "too-large",
            f"a value comes to an expression that no table can hold: {render(term)[:80]}…",
            "give the symbol that it rests on a value with -D NAME=EXPR",
        )
    return render(term)
