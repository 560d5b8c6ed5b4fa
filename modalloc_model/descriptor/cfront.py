"""C text to descriptors: the meaning of an initialiser's items in a dialect.

The grammar of the dialect supplies every name. Entries with positional fields are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modalloc_model.c.tokens import Token
from modalloc_model.descriptor.context import CallerSettings, Context, read_context
from modalloc_model.descriptor.ctext import CText, Directive, TableSite
from modalloc_model.descriptor.descriptor import Descriptor, EntryBuilder, FieldText
from modalloc_model.descriptor.dialects import Field, Grammar
from modalloc_model.descriptor.environment import Environment, Symbols
from modalloc_model.descriptor.initializer import (
    Conditionals,
    Designator,
    InitializerItem,
    InitializerList,
    InitializerParser,
)
from modalloc_model.descriptor.source import Journal, ReadError, Source, Text, excerpt, nearest
from modalloc_model.descriptor.uses import words
from modalloc_model.descriptor.yamltext import MappingReader, documents

MAX_TABLES = 1000
"""Tables of one file. An archive of a mailing list's discussion has a few dozen."""

MAX_TOKENS = 100_000
"""Tokens of one table. One with every field of every type has about a thousand."""

_INDEX_BITS = 32


def read_tables(text: CText, caller: CallerSettings, journal: Journal) -> list[Descriptor]:
    """The tables of a text; syntax problems go to the journal."""
    contexts = [(d.start, *_context(text.source, d, journal)) for d in text.directives]
    found = []
    for table in text.tables[:MAX_TABLES]:
        context, broken = next(((c, b) for start, c, b in reversed(contexts) if start < table.head), (Context(), False))
        before = journal.errors
        descriptor = _Table(text.source, table, context, caller, journal).read()
        found.append(replace(descriptor, broken=broken or journal.errors > before))
    if len(text.tables) > MAX_TABLES:
        where = text.source.location(text.tables[MAX_TABLES].head)
        journal.error(where, "too-many", f"more than {MAX_TABLES} tables in one file: the rest is not read")
    _complain_of_idle(text, journal)
    return found


def _complain_of_idle(text: CText, journal: Journal) -> None:
    last = max((table.head for table in text.tables), default=-1)
    for directive in text.directives:
        if directive.start > last:
            where = text.source.location(directive.start)
            journal.warn(where, "idle-directive", "no table follows this directive", "write it before the table")


def _context(source: Source, directive: Directive, journal: Journal) -> tuple[Context, bool]:
    """The context that a directive sets, and whether it has an error."""
    before = journal.errors
    try:
        roots = documents(directive.lines)
    except ReadError as found:
        journal.add(found.problem)
        return Context(), True
    if len(roots) != 1:
        where = source.location(directive.start)
        journal.error(where, "bad-yaml", f"a directive holds one YAML mapping, not {len(roots)}")
        return Context(), True
    reader = MappingReader(roots[0], journal, "directive")
    context = read_context(reader, journal)
    reader.finish()
    return context, journal.errors > before


class _Table:
    """One table of C text on its way to a descriptor."""

    def __init__(
        self, source: Source, found: TableSite, context: Context, caller: CallerSettings, journal: Journal
    ) -> None:
        self._source = source
        self._found = found
        self._grammar = found.grammar
        self._context = context
        self._journal = journal
        self._text = Text(found.text, source, found.head)
        self._builder = EntryBuilder(journal)
        self._defines = {name: text.text for name, text in {**context.defines, **caller.defines}.items()}
        symbols = Symbols(_INDEX_BITS, {**context.defines, **caller.defines}, found.grammar.type_numbers, {}, {})
        self._numbers = Environment(symbols, journal)
        self._next = 0  # the type of an entry without a designator
        self._mentions: set[str] = set()

    def read(self) -> Descriptor:
        where = self._text.at()
        braces = self._braces()
        self._list(braces)
        entries, mentions = self._builder.entries(), frozenset(self._mentions)
        return Descriptor(self._found.name, where, self._grammar, entries, self._context, mentions=mentions)

    def _braces(self) -> InitializerList:
        found = self._found
        if found.gap:
            hint = "give the whole file"
            self._error(
                0, "incomplete", "the patch shows only parts of this table, and what it leaves out is not known", hint
            )
        if not found.equals:
            self._error(found.brace - found.head, "missing-equals", f"'=' is missing after {found.name!r}")
        before = self._journal.errors
        tokens = self._note_names(self._check_end(found.tokens()))
        stream = Conditionals(self._text, self._defines, self._journal).filter(tokens)
        parser = InitializerParser(self._text, stream, self._journal)
        braces = parser.braces()
        if not braces.closed and self._journal.errors == before:
            self._error(braces.start, "missing-brace", "the brace opened here is never closed")
        elif braces.closed and parser.following.text in ("[", ".", ",", "{", "}"):
            message = f"the table ends with this brace, yet more follows: {parser.following.text!r}"
            self._error(braces.end - 1, "extra-brace", message, "there is one closing brace too many")
        return braces

    def _note_names(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Records the names in the stream, those in conditionals included, without field names."""
        before = ""
        for token in stream:
            if before != "." and token.kind in ("name", "directive"):
                self._mentions |= words([token.text])
            before = token.text
            yield token

    def _check_end(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The stream, with an error for an unclosed comment; truncated beyond the length of any table."""
        for number, token in enumerate(stream):
            if number == MAX_TOKENS:
                self._error(0, "too-large", f"a table of more than {MAX_TOKENS} words and signs")
                return
            if token.kind == "junk" and token.text == "/*":
                self._error(token.start, "unclosed-comment", "this comment is never closed")
            else:
                yield token

    def _error(self, start: int, code: str, message: str, hint: str = "") -> None:
        self._journal.error(self._text.at(start), code, message, hint)

    def _list(self, braces: InitializerList) -> None:
        container = self._grammar.container
        contained = [bool(i.designators) and i.designators[0].member == container for i in braces.items]
        for item, inside in zip(braces.items, contained, strict=True):
            if inside:
                self._of_container(item, item.designators[1:])
            elif any(contained) and not (item.designators and item.designators[0].member):
                message = f"this entry stands outside .{container}"
                self._error(item.start, "extra-brace", message, "there is one closing brace too many before it")
            else:
                self._entry(item, item.designators)

    def _of_container(self, item: InitializerItem, rest: tuple[Designator, ...]) -> None:
        if rest:
            self._entry(item, rest)
        elif item.inner:
            for inner in item.inner.items:
                self._entry(inner, inner.designators)
        else:
            self._error(item.start, "wrong-kind", f".{self._grammar.container} takes a list in braces")

    def _entry(self, item: InitializerItem, designators: tuple[Designator, ...]) -> None:
        if designators and designators[0].member:
            self._refuse_member(item, designators[0])
            return
        types = self._types(designators[0]) if designators else self._positional(item)
        rest = designators[1:]
        if rest:
            given = self._field(item, rest)
            for name in types if given else []:
                self._builder.field(name, given) if given else None
        elif item.inner:
            fields = self._fields(item.inner)
            for name in types:
                self._builder.whole(name, self._text.at(item.start), fields)
        else:
            shown = excerpt(item.value.text) if item.value else ""
            self._error(item.start, "wrong-kind", f"an entry is a list of fields in braces, not {shown!r}")

    def _refuse_member(self, item: InitializerItem, designator: Designator) -> None:
        member = designator.member
        if self._grammar.field(member):
            self._error(item.start, "unexpected", f".{member} stands outside the braces of an entry")
        else:
            hint = nearest(member, [self._grammar.container])
            message = f"struct {self._grammar.struct} has no member {member!r}"
            self._error(designator.start, "unknown-field", message, hint)

    def _positional(self, item: InitializerItem) -> list[str]:
        names = self._grammar.dialect.types
        if self._next < len(names):
            self._next += 1
            return [names[self._next - 1]]
        self._error(item.start, "unknown-type", f"more than the {len(names)} entries that the dialect has types")
        return []

    def _types(self, designator: Designator) -> list[str]:
        """The types of [first] or [first ... last]."""
        first = self._type(designator.first)
        last = self._type(designator.last) if designator.last else first
        if first is None or last is None:
            return []
        if last < first:
            names = self._grammar.dialect.types
            self._error(
                designator.start, "bad-value", f"the range runs backwards, from {names[first]} to {names[last]}"
            )
        self._next = last + 1
        return list(self._grammar.dialect.types[first : last + 1])

    def _type(self, text: Text | None) -> int | None:
        name = text.text.strip() if text else ""
        numbers = self._grammar.type_numbers
        if text is None or not name:
            self._error(
                text.offset - self._text.offset if text else 0, "missing-value", "a type is missing in the brackets"
            )
            return None
        if name in numbers:
            return numbers[name]
        if name.isidentifier() and name not in self._defines:
            self._journal.error(text.at(), "unknown-type", f"unknown type {excerpt(name)!r}", nearest(name, numbers))
            return None
        value = self._numbers.evaluate(text)
        if value is None:
            return None
        if value.term.value < len(self._grammar.dialect.types):
            return value.term.value
        last = len(self._grammar.dialect.types) - 1
        self._journal.error(
            text.at(), "unknown-type", f"there is no type {excerpt(name)}: they are numbered 0 to {last}"
        )
        return None

    def _fields(self, braces: InitializerList) -> list[FieldText]:
        given: list[FieldText] = []
        for item in braces.items:
            if not item.designators:
                shown = repr(excerpt(item.value.text)) if item.value else "a list"
                message = f"{shown} stands where a field should be named"
                self._error(item.start, "unexpected", message, "write .field = value")
            elif one := self._field(item, item.designators):
                given.append(one)
            else:
                given.extend(self._members(item))
        return given

    def _field(self, item: InitializerItem, designators: tuple[Designator, ...]) -> FieldText | None:
        """The field of an item; None for an array's list, which _members reads, and for an error."""
        field, rest = self._known_field(designators[0]), designators[1:]
        if field is None or (item.inner and field.length and not rest):
            return None
        value = self._value(item, field, rest)
        index = self._index(field, rest[0].first) if value and rest else 0
        return FieldText(field, index, (value,), self._text.at(item.start)) if value and index is not None else None

    def _value(self, item: InitializerItem, field: Field, rest: tuple[Designator, ...]) -> Text | None:
        """The text of a single value; None, with an error, if the field has another form."""
        if item.inner is not None or item.value is None:
            start = item.inner.start if item.inner else item.start
            self._error(start, "wrong-kind", f".{field.member} takes one value, not a list")
        elif rest and not (field.length and rest[0].first and rest[0] is rest[-1]):
            self._error(rest[0].start, "unexpected", f".{field.member} has no such member")
        elif field.length and not rest:
            hint = f"write .{field.member}[0] = {excerpt(item.value.text)}"
            self._error(item.start, "wrong-kind", f".{field.member} is an array of {field.length}", hint)
        else:
            return item.value
        return None

    def _known_field(self, designator: Designator) -> Field | None:
        field = self._grammar.field(designator.member)
        if field is None:
            known = [f.member for f in self._grammar.fields]
            hint = nearest(designator.member, known) or f"known: {', '.join(known)}"
            shown = designator.member or "[...]"
            self._error(designator.start, "unknown-field", f"unknown field {excerpt(shown)!r}", hint)
        return field

    def _index(self, field: Field, text: Text | None) -> int | None:
        value = self._numbers.evaluate(text) if text else None
        if value and value.term.value >= field.length and text:
            message = f".{field.member}[{excerpt(text.text)}]: its members are numbered 0 to {field.length - 1}"
            self._journal.error(text.at(), "bad-value", message)
            return None
        return value.term.value if value else None

    def _members(self, item: InitializerItem) -> list[FieldText]:
        """The members of an array given as a list: `.start = { A, [1] = B }`."""
        field = self._grammar.field(item.designators[0].member)
        if field is None or not field.length or item.inner is None:
            return []
        given: list[FieldText] = []
        position = 0
        for inner in item.inner.items:
            index = self._index(field, inner.designators[0].first) if inner.designators else position
            if index is not None and index < field.length and inner.value:
                given.append(FieldText(field, index, (inner.value,), self._text.at(inner.start)))
            elif index is not None:
                self._error(inner.start, "wrong-kind", f".{field.member} takes {field.length} values")
            position = (position if index is None else index) + 1
        return given


def grammar_of(text: CText) -> Grammar | None:
    """The dialect of the first table in a text; None if there is no table."""
    return text.tables[0].grammar if text.tables else None
