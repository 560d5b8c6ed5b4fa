"""What a profile says that its machine does not have, and what it leaves out.

Without it, a rule could be skipped as if the machine did not have what the profile merely leaves out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource

from modalloc_model.descriptor import load_profile
from modalloc_model.params import Machine
from modalloc_model.paths import spec_root
from modalloc_model.verdict import Problem

BARE = """\
name: bare
word_bits: {value: 32, source: s}
page_size: {value: 4096, source: s}
pmd_size: {value: 0x200000, source: s}
ends: {value: exclusive, source: s}
symbols: {TOP: {value: 0xc0000000, source: s}}
protections: {PAGE_KERNEL: {allows: rw-, source: s}}
"""
NONE = """\
windows: {value: none, source: "a.c:1"}
regions: {forbidden: {value: none, source: "a.c:2"}}
image: {value: none, source: "a.c:3"}
reach: {value: none, source: "a.c:4"}
"""
REACH = "reach: [{name: b, kind: relative, targets: [kernel], lowest: -8, highest: 8, source: s}]\n"
NO_DATA = "reach: [{name: b, kind: anywhere, targets: [kernel, text], source: s}, "
NO_DATA += "{name: got, kind: none, targets: [data], source: 'a.c:9'}]\n"


def _problems(folder: Path, text: str, name: str = "bare.yaml") -> tuple[Problem, ...]:
    (folder / name).write_text(text, encoding="utf-8")
    return load_profile(str(folder / name))[1]


def _machine(folder: Path, text: str, name: str = "bare.yaml") -> Machine:
    (folder / name).write_text(text, encoding="utf-8")
    profile, problems = load_profile(str(folder / name))
    assert profile is not None, problems
    return profile.machine


def test_what_there_is_none_of_is_read_with_its_source(tmp_path: Path) -> None:
    machine = _machine(tmp_path, BARE + NONE)
    assert machine.none == {
        "windows": "a.c:1", "forbidden": "a.c:2", "image": "a.c:3",
        "reach.kernel": "a.c:4", "reach.text": "a.c:4", "reach.data": "a.c:4",
    }  # fmt: skip
    assert (machine.windows, machine.forbidden, machine.image, machine.reach) == ((), (), None, ())


def test_what_is_left_out_or_empty_is_not_said_to_be_none(tmp_path: Path) -> None:
    assert _machine(tmp_path, BARE).none == {}
    assert _machine(tmp_path, BARE + "windows: []\nregions: {forbidden: []}\nreach: []\n").none == {}


def test_one_target_alone_may_be_named_by_nothing(tmp_path: Path) -> None:
    machine = _machine(tmp_path, BARE + NO_DATA)
    assert machine.none == {"reach.data": "a.c:9"}
    assert [reach.targets for reach in machine.reach] == [("kernel", "text")]


def test_a_profile_that_extends_another_says_otherwise(tmp_path: Path) -> None:
    _machine(tmp_path, BARE + NONE, "base.yaml")
    child = f"name: child\nextends: {tmp_path / 'base.yaml'}\n"
    assert _machine(tmp_path, child).none == _machine(tmp_path, BARE + NONE).none
    own = _machine(tmp_path, child + REACH + "image: {name: i, first: TOP, last: TOP + 1, source: s}\n")
    assert set(own.none) == {"windows", "forbidden"}
    assert own.image is not None
    assert len(own.reach) == 1
    (tmp_path / "base.yaml").write_text(BARE + REACH, encoding="utf-8")
    assert len(_machine(tmp_path, child).reach) == 1
    assert _machine(tmp_path, child + "reach: {value: none, source: t}\n").reach == ()


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("reach: none\n", "missing-key", "reach: none has no source"),
        ("image: none\n", "missing-key", "image: none has no source"),
        ("regions: {forbidden: none}\n", "missing-key", "forbidden: none has no source"),
        ("windows: {value: none}\n", "missing-key", "'source' is missing"),
        ("windows: {value: none, source: ''}\n", "profile", "windows (none) has no source"),
        ("image: {value: nil, source: s}\n", "bad-value", "'nil' is not none"),
        ("image: {value: none, source: s, first: 0}\n", "unknown-key", "'first'"),
        ("reach: nothing\n", "wrong-kind", "must be a list"),
        (NO_DATA.replace("[kernel, text]", "[kernel, data]"), "profile", "b reaches data, and another reach says none"),
    ],
)
def test_a_none_that_is_not_written_right_is_refused(tmp_path: Path, text: str, code: str, message: str) -> None:
    found = _problems(tmp_path, BARE + text)
    assert any(p.code == code and message in p.message for p in found), found


def test_the_form_with_a_source_is_in_the_hint(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, BARE + "reach: none\n")
    assert "reach: {value: none, source: " in problem.hint


@pytest.mark.parametrize("text", [NONE, NO_DATA, REACH])
def test_the_schema_takes_what_the_reader_takes(tmp_path: Path, text: str) -> None:
    assert _fits(BARE + text)
    assert _problems(tmp_path, BARE + text) == ()


@pytest.mark.parametrize("text", ["reach: none\n", "image: {value: nil, source: s}\n", "windows: {value: none}\n"])
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    assert not _fits(BARE + text)


@pytest.mark.parametrize("path", sorted((spec_root() / "arch").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_profile_fits_the_schema(path: Path) -> None:
    assert _fits(path.read_text(encoding="utf-8"))


def _fits(text: str) -> bool:
    profile, table = (
        json.loads((spec_root() / "schema" / f"{n}.schema.json").read_text()) for n in ("profile", "table")
    )
    registry: Registry[Any] = Registry().with_resource("table.schema.json", Resource.from_contents(table))
    return bool(jsonschema.Draft202012Validator(profile, registry=registry).is_valid(yaml.safe_load(text)))
