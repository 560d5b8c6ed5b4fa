"""YAML to descriptors: `types: {TEXT: {mapto: TEXT, granularity: PAGE_SIZE, ranges: [{start: A, end: B}], ...}}`.

The keys of a type are the field names of the rules, except `ranges` for start and end. The other keys of a table are
those of a directive, and `name` and `dialect`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from modalloc_model.descriptor.context import read_context
from modalloc_model.descriptor.descriptor import Descriptor, EntryBuilder, FieldText
from modalloc_model.descriptor.dialects import GRAMMARS, MOD_ALLOC, Field, FieldKind, Grammar
from modalloc_model.descriptor.source import Journal, ReadError, Source, Text, excerpt, nearest
from modalloc_model.descriptor.uses import words
from modalloc_model.descriptor.yamltext import Lines, MappingReader, YamlNode, documents
from modalloc_model.params import MAX_ADDRESS_SPACES

_OCTAL = re.compile(r"0[0-9]+")


def read_tables(source: Source, journal: Journal) -> list[Descriptor]:
    """The tables of a YAML text, one a document; syntax problems go to the journal."""
    try:
        roots = documents(Lines.of(source))
    except ReadError as failure:
        journal.add(failure.problem)
        return []
    found = []
    for root in roots:
        before = journal.errors
        descriptor = _table(root, journal)
        if descriptor:
            found.append(replace(descriptor, broken=journal.errors > before))
    return found


def _table(root: YamlNode, journal: Journal) -> Descriptor | None:
    reader = MappingReader(root, journal, "table")
    grammar = _grammar(reader, journal)
    name = reader.text("name")
    context = read_context(reader, journal)
    types = reader.mapping("types")
    if types is None and not reader.has("types"):
        journal.error(root.where, "no-table", "a table needs 'types', a mapping of the types that it gives")
    reader.finish()
    if grammar is None or types is None:
        return None
    builder = EntryBuilder(journal)
    for written in types.names():
        _entry(types, written, grammar, builder, journal)
    shown, entries = name.text if name else "table", builder.entries()
    texts = (text.text for entry in entries.values() for given in entry.fields.values() for text in given.texts)
    mentions = words(texts)
    return Descriptor(shown, root.where, grammar, entries, context, short_names=True, mentions=mentions)


def _grammar(reader: MappingReader, journal: Journal) -> Grammar | None:
    text = reader.text("dialect")
    if text is None:
        return MOD_ALLOC
    if text.text not in GRAMMARS:
        hint = nearest(text.text, GRAMMARS) or f"known: {', '.join(GRAMMARS)}"
        journal.error(text.at(), "unknown-dialect", f"unknown dialect {excerpt(text.text)!r}", hint)
    return GRAMMARS.get(text.text)


def _entry(types: MappingReader, written: str, grammar: Grammar, builder: EntryBuilder, journal: Journal) -> None:
    name = grammar.type_by_name(written)
    where = types.key_location(written)
    given = types.node(written)
    if name not in grammar.dialect.types:
        known = grammar.dialect.types
        hint = nearest(name, known) or f"known: {', '.join(known)}"
        journal.error(where, "unknown-type", f"unknown type {excerpt(written)!r}", hint)
        return
    if given is None:
        builder.whole(name, where, [])
        return
    reader = MappingReader(given, journal, name)
    fields = [one for field in grammar.fields for one in _field_text(reader, field, journal)]
    fields += _ranges(reader, grammar, journal)
    reader.finish()
    builder.whole(name, where, fields)


def _field_text(reader: MappingReader, field: Field, journal: Journal) -> list[FieldText]:
    if field.kind is FieldKind.ADDRESS:  # bounds are keys of `ranges`
        return []
    texts = reader.texts(field.name) if field.kind is FieldKind.FLAGS else _one(reader, field.name, journal)
    return [FieldText(field, 0, texts, reader.key_location(field.name))] if texts else []


def _one(reader: MappingReader, key: str, journal: Journal) -> tuple[Text, ...]:
    text = reader.text(key)
    node = reader.node(key)
    if text and node and node.plain and _OCTAL.fullmatch(text.text):
        message = f"{key}: {text.text} is octal in C and decimal in YAML"
        digits = text.text.lstrip("0") or "0"
        journal.error(text.at(), "bad-number", message, f"write 0o{digits} or {digits}")
        return ()
    return (text,) if text else ()


def _ranges(reader: MappingReader, grammar: Grammar, journal: Journal) -> list[FieldText]:
    items = reader.items("ranges")
    if len(items) > MAX_ADDRESS_SPACES:
        message = f"{len(items)} ranges: a type has {MAX_ADDRESS_SPACES} at the most"
        journal.error(items[MAX_ADDRESS_SPACES].where, "bad-value", message)
    found: list[FieldText] = []
    for index, item in enumerate(items[:MAX_ADDRESS_SPACES]):
        bounds = MappingReader(item, journal, "a range")
        for name in ("start", "end"):
            texts = _one(bounds, name, journal)
            if texts:
                field, member = grammar.bound(name, index)
                found.append(FieldText(field, member, texts, bounds.key_location(name)))
        bounds.finish()
    return found
