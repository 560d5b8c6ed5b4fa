"""Tables in few words, and what they are read as."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

from modalloc_model.descriptor import Reading, Settings, read_text
from modalloc_model.params import AllocType, ParamSet
from modalloc_model.paths import spec_root

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "tables"

HEAD = "struct mod_alloc_type_params x = {\n"


def fixture(name: str) -> str:
    """The text of a fixture."""
    return (FIXTURES / name).read_text(encoding="utf-8")


def read(text: str | bytes, path: str = "f.c", arch: str | None = "x86_64", **settings: object) -> Reading:
    """What a text is read as."""
    content = text.encode() if isinstance(text, str) else text
    return read_text(content, path, Settings(arch=arch, **settings))  # type: ignore[arg-type]


def one(text: str | bytes, path: str = "f.c", arch: str | None = "x86_64", **settings: object) -> ParamSet:
    """The only table of a text that has nothing wrong with it."""
    reading = read(text, path, arch, **settings)
    assert [p for p in reading.problems if p.severity == "error"] == []
    assert len(reading.tables) == 1
    return reading.tables[0].params


def with_text(fields: str, **settings: object) -> Reading:
    """What a table is read as whose TEXT entry has these fields, from line 3 on."""
    return read(HEAD + "[MOD_ALLOC_TYPE_TEXT] = {\n" + fields + "\n},\n};\n", **settings)  # type: ignore[arg-type]


def text_type(fields: str, **settings: object) -> AllocType:
    """The TEXT type of such a table."""
    reading = with_text(fields, **settings)
    assert [p for p in reading.problems if p.severity == "error"] == []
    return reading.tables[0].params.types[0]


def meaning(table: ParamSet) -> tuple[AllocType, ...]:
    """The table's types without the places where they were written."""
    return tuple(replace(t, where={}) for t in table.types)


def said(reading: Reading, severity: str = "error") -> list[tuple[int, int, str]]:
    """Line, column and code of the problems."""
    return [(p.where.line, p.where.column, p.code) for p in reading.problems if p.severity == severity]


def schema_of(name: str) -> Any:
    """The schema of that name in spec/schema."""
    return json.loads((spec_root() / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))


def check_schema(document: Any, schema: Any) -> None:
    """jsonschema.ValidationError if the document does not fit the schema."""
    registry: Registry[Any] = Registry().with_resource("table.schema.json", Resource.from_contents(schema_of("table")))
    jsonschema.Draft202012Validator(schema, registry=registry).validate(document)
