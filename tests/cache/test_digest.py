"""A digest is the same for the same content in any process, and another for any other content.

Without it, a verdict could be found for another table than the one that was decided.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from modalloc_model.cache import digest
from modalloc_model.params import Assumptions
from modalloc_model.words import constant, variable
from tests.engine.tables import RIGHT, table

TELL = "from tests.engine.tables import RIGHT, table; from modalloc_model.cache import digest; "


@dataclass(frozen=True)
class Point:
    """Something with two fields."""

    x: object
    y: object


def test_it_is_the_same_in_any_process() -> None:
    said = [_told(seed) for seed in ("1", "2")]
    assert said == [digest(table(RIGHT))] * 2


def _told(seed: str) -> str:
    words = [sys.executable, "-c", TELL + "print(digest(table(RIGHT)))"]
    environment = os.environ | {"PYTHONHASHSEED": seed}
    run = subprocess.run(
        words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2], env=environment
    )
    return run.stdout.strip()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, "1"),
        (None, "None"),
        (("ab", "c"), ("a", "bc")),
        ((1, (2, 3)), ((1, 2), 3)),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        (frozenset("ab"), frozenset("ac")),
        (Point(1, 2), Point(2, 1)),
        (constant(1, 32), constant(1, 64)),
        (variable("x", 32), variable("y", 32)),
        (variable("x", 32) + 1, variable("x", 32) - 1),
    ],
)
def test_what_differs_has_another(one: object, other: object) -> None:
    assert digest(one) != digest(other)
    assert digest([one, one]) == digest((one, one))


def test_the_order_of_a_set_does_not_matter() -> None:
    assert digest({"a", "b", "c"}) == digest(frozenset({"c", "b", "a"}))


def test_every_field_of_a_table_matters() -> None:
    right = table(RIGHT)
    seen = {digest(right)}
    for name in (field.name for field in fields(right)):
        seen.add(digest(replace(right, **dict[str, Any]({name: "another"}))))
    for name in (field.name for field in fields(right.types[0])):
        seen.add(
            digest(
                replace(right, types=(replace(right.types[0], **dict[str, Any]({name: "another"})), *right.types[1:]))
            )
        )
    assert len(seen) == 1 + len(fields(right)) + len(fields(right.types[0]))
    assert digest(replace(right, assumptions=Assumptions(protect="after-fill"))) not in seen


def test_what_is_no_plain_data_has_none() -> None:
    with pytest.raises(TypeError, match="object is not plain data"):
        digest(Point(1, object()))
