"""Records of which every word may be shown: nothing unseen in them, nothing that moves the rest, no endless name.

Tables and profiles come from anyone. What is written for people goes through here once, before a renderer sees it;
renderers escape the markup of their own format. Leaves out: paths, by which files are found, and keys, which are only
hashed: whoever shows one says `visible`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from operator import is_not
from typing import Any, TypeVar

from modalloc_model.report.visible import visible
from modalloc_model.words import Term

T = TypeVar("T")

_WITHOUT_TEXT = frozenset({int, bool, float, type(None), Term})  # most of a record; the names in terms are never shown
_KEPT = frozenset({"path", "key", "page"})
_LONGEST = 128
_LONG = re.compile(rf"\S{{{_LONGEST + 1},}}")
_HEAD, _TAIL = 80, 32  # characters of a long word that are kept


def shown(text: str) -> str:
    """The text on one line: unseen characters spelt out, the middle of words of more than 128 characters left out."""
    if len(text) > _LONGEST:
        text = _LONG.sub(lambda word: f"{word[0][:_HEAD]}…{word[0][-_TAIL:]}", text)
    return text if text.isprintable() else visible(text)


def harmless(record: T) -> T:
    """The same record with every text in it `shown`; the very same object where nothing had to be changed."""
    changed: Any = _changed(record)
    return changed  # type: ignore[no-any-return]


def _changed(value: Any) -> Any:
    kind = value.__class__
    if kind in _WITHOUT_TEXT:
        return value
    if isinstance(value, str):
        return value if isinstance(value, Enum) else shown(value)
    if isinstance(value, tuple):
        items = tuple(map(_changed, value))
        return items if any(map(is_not, items, value)) else value
    if isinstance(value, Mapping):
        pairs = tuple(value.items())
        items = _changed(pairs)
        return value if items is pairs else dict(items)
    found = {name: new for name in _names(kind) if (new := _changed(old := getattr(value, name))) is not old}
    return dataclasses.replace(value, **found) if found else value


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a record that may hold text: none of what is no record."""
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple(field.name for field in dataclasses.fields(kind) if field.name not in _KEPT)
