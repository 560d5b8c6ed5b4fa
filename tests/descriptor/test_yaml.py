"""YAML tables: the same values as their C twins, the same complaints, at their own places.

Without it, a table in YAML could mean something else than its twin in C.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
import yaml

from modalloc_model.descriptor.context import CHOICES
from modalloc_model.descriptor.ctext import CText
from modalloc_model.descriptor.dialects import GRAMMARS, MOD_ALLOC
from modalloc_model.descriptor.source import Source
from modalloc_model.params import CLAIMS, Location
from modalloc_model.paths import spec_root
from tests.descriptor.writing import check_schema, fixture, meaning, one, read, said, schema_of


def _load(text: str) -> Any:
    return yaml.safe_load(text)


def test_yaml_means_what_its_c_twin_means() -> None:
    twin, table = one(fixture("three-roots.c"), arch=None), one(fixture("three-roots.yaml"), arch=None)
    assert meaning(table) == meaning(twin)
    assert (table.id, table.machine, table.assumptions) == (twin.id, twin.machine, twin.assumptions)


def test_yaml_and_c_expect_the_same() -> None:
    first, second = (read(fixture(f"three-roots.{suffix}"), arch=None).tables[0].cases for suffix in ("c", "yaml"))
    assert [replace(case, location=Location()) for case in first] == [replace(c, location=Location()) for c in second]


def test_yaml_fields_know_their_places() -> None:
    where = one(fixture("three-roots.yaml"), arch=None).type("TEXT").where
    assert {key: (place.line, place.column) for key, place in where.items()} == {
        "": (8, 3), "mapto": (9, 5), "flags": (10, 5), "granularity": (11, 5), "alignment": (12, 5),
        "start0": (14, 10), "end0": (14, 32), "start1": (15, 10), "end1": (15, 24),
        "pgprot": (16, 5), "fill": (17, 5), "invalidate": (18, 5),
    }  # fmt: skip


def test_json_is_yaml() -> None:
    document = {"arch": "x86_64", "types": {"TEXT": {"granularity": 4096, "ranges": [{"start": 1 << 63}]}}}
    text_type = one(json.dumps(document), arch=None).types[0]
    assert (text_type.granularity.value, text_type.ranges[0].first.value) == (4096, 1 << 63)


def test_several_documents_are_several_tables() -> None:
    reading = read("name: a\ntypes: {}\n---\nname: b\ntypes: {TEXT: }\n")
    assert [(t.params.id, t.params.line) for t in reading.tables] == [("f:a", 1), ("f:b", 4)]


def test_merged_keys_give_way_to_own_ones() -> None:
    text = "types:\n  TEXT: &t {alignment: 4, granularity: 8}\n  DATA: {<<: *t, alignment: 16}\n"
    data = one(text).type("DATA")
    assert (data.alignment.value, data.granularity.value) == (16, 8)


def test_a_table_may_have_unknowns_of_its_own() -> None:
    text = "types: {TEXT: {ranges: [{start: off}]}}\nunknowns: {off: {step: PAGE_SIZE, k: [2, 5], source: here}}\n"
    table = one(text, arch="x86_64-nokaslr")
    (unknown,) = table.machine.unknowns
    assert (unknown.name, unknown.step, unknown.low, unknown.high) == ("off", 4096, 2, 5)
    assert (unknown.text, unknown.source) == ("PAGE_SIZE * k, 2 <= k <= 5", "here")
    assert str(table.types[0].ranges[0].first) == "off"


def test_an_empty_domain_is_left_to_the_engine() -> None:
    table = one("types: {}\nunknowns: {off: {step: 1, k: [3, 2]}}\n", arch="nios2")
    assert table.machine.unknowns[0].low == 3


WRONG = [
    ("types: {TXT: {}}", 1, 9, "unknown-type", "did you mean TEXT?"),
    ("types: {TEXT: {granlarity: 1}}", 1, 16, "unknown-key", "did you mean granularity?"),
    ("types: {TEXT: {mapto: DAT}}", 1, 23, "unknown-type", "did you mean DATA?"),
    ("types: {TEXT: {flags: [FLAG_SHARED_PDM]}}", 1, 24, "unknown-flag", "did you mean FLAG_SHARED_PMD?"),
    ("types: {TEXT: {alignment: 012}}", 1, 27, "bad-number", "write 0o12 or 12"),
    ("types: {TEXT: {alignment: [1]}}", 1, 27, "wrong-kind", ""),
    ('types: {TEXT: {alignment: "1 +"}}', 1, 31, "unexpected", ""),
    ('types: {TEXT: {alignment: "PAGE_SZE"}}', 1, 28, "unknown-symbol", "did you mean PAGE_SIZE?"),
    ("types: {TEXT: {alignment: >-\n   1 +\n   PAGE_SZE}}", 0, 0, "bad-yaml", ""),
    ("types:\n  TEXT:\n    alignment: >-\n      1 +\n      PAGE_SZE\n", 3, 16, "unknown-symbol", ""),
    ("types: {TEXT: {ranges: [{start: 1, end: [2]}]}}", 1, 41, "wrong-kind", ""),
    ("types: {TEXT: {ranges: [{strt: 1}]}}", 1, 26, "unknown-key", "did you mean start?"),
    ("types: {TEXT: {ranges: [{}, {}, {}]}}", 1, 33, "bad-value", ""),
    ("types: {TEXT: {ranges: {start: 1}}}", 1, 24, "wrong-kind", ""),
    ("types: {TEXT: 4}", 1, 15, "wrong-kind", ""),
    ("types: [1]", 1, 8, "wrong-kind", ""),
    ("types: {}\ntypes: {}", 2, 1, "duplicate-key", ""),
    ("types: {TEXT: {}, TEXT: {}}", 1, 19, "duplicate-key", ""),
    ("types: {}\ndialect: mod-alloc", 2, 10, "unknown-dialect", "did you mean mod_alloc?"),
    ("types: {}\narhc: x", 2, 1, "unknown-key", "did you mean arch?"),
    ("types: {}\nassume: {protect: atmap}", 2, 19, "bad-value", "did you mean at-map?"),
    ("types: {}\nassume: {protct: at-map}", 2, 10, "unknown-key", "did you mean protect?"),
    ("types: {}\nclaims: [strict]", 2, 10, "bad-value", "did you mean strict-rwx?"),
    ("types: {}\ncases: [{verdict: good}]", 2, 19, "bad-value", ""),
    ("types: {}\ncases: [{rules: [OVL1]}]", 2, 18, "bad-value", "OVL001"),
    ("types: {}\nunknowns: {a: {step: 1}}", 2, 15, "missing-key", ""),
    ("types: {}\nunknowns: {a: {step: 0, k: [1, 2]}}", 2, 22, "bad-value", ""),
    ("types: {}\nunknowns: {a: {k: [1, 2]}}", 2, 15, "missing-key", ""),
    ("types: {}\nunknowns: {a: {step: 1, k: [-1, 2]}}", 2, 15, "bad-value", ""),
    ("types: {a: b: c}", 1, 13, "bad-yaml", ""),
    ("types: {TEXT: *nobody}", 1, 15, "bad-yaml", ""),
    ("types: " + "[" * 60 + "]" * 60, 1, 37, "too-deep", ""),
    ("types:\n" + "- " * 60_000, 2, 59, "too-deep", ""),
    ("types: &a {TEXT: *a}", 1, 12, "too-deep", ""),
    ("types: {}\n# " + "x" * 140_000, 1, 1, "too-large", ""),
]


@pytest.mark.parametrize(("text", "line", "column", "code", "hint"), WRONG, ids=lambda v: str(v)[:40])
def test_yaml_is_wrong(text: str, line: int, column: int, code: str, hint: str) -> None:
    reading = read(text + "\n")
    assert reading.tables == ()
    found = [p for p in reading.problems if p.code == code]
    assert found
    assert not line or (line, column, code) in said(reading)
    assert any(hint in p.hint for p in found)


def test_a_bomb_of_anchors_is_refused() -> None:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    reading = read("\n".join(["a0: &a0 [x]", *layers, "types: *a9", ""]))
    assert [p.code for p in reading.problems] == ["too-deep"]


def test_the_schema_knows_the_keys_that_the_reader_knows() -> None:
    schema = schema_of("table")
    given = schema["$defs"]["type"]["properties"]
    assert set(given) == {f.name for f in MOD_ALLOC.fields if not f.length} | {"ranges"}
    assert set(given["ranges"]["items"]["properties"]) == {f.name for f in MOD_ALLOC.fields if f.length}
    assumed = schema["$defs"]["assume"]["properties"]
    assert {key: tuple(value["enum"]) for key, value in assumed.items()} == CHOICES
    assert tuple(schema["$defs"]["claim"]["enum"]) == CLAIMS
    assert schema["properties"]["dialect"]["enum"] == sorted(GRAMMARS)


def test_the_schemas_hold_for_what_is_read() -> None:
    check_schema(_load(fixture("three-roots.yaml")), schema_of("table"))
    for path in sorted((spec_root() / "arch").glob("*.yaml")):
        check_schema(_load(path.read_text(encoding="utf-8")), schema_of("profile"))
    directive = schema_of("table") | {"$ref": "#/$defs/directive"}
    for key in ("required", "properties", "additionalProperties", "type"):
        directive.pop(key)
    for path in sorted((spec_root() / "params").glob("*.c")):
        for found in CText(Source(str(path), path.read_text(encoding="utf-8"))).directives:
            check_schema(_load(found.lines.text), directive)


@pytest.mark.parametrize(
    "document", [{}, {"types": {"TXT": {}}}, {"types": {}, "arhc": "x"}, {"types": {"TEXT": {"a": 1}}}]
)
def test_the_schema_refuses_what_the_reader_refuses(document: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check_schema(document, schema_of("table"))
    assert read(json.dumps(document)).tables == ()
