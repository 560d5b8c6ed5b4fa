"""Sanitizes text from tables and profiles: no invisible characters, no bidirectional controls, no endless names.

Every record for people goes through :func:`harmless` before a renderer gets it; renderers escape the markup of their
format. Paths, which locate files, and keys, which are hashed, are not changed; whoever prints one calls
:func:`visible`. JSON goes through :func:`json_text`. Source: the Unicode categories Cc, Cf, Cs, Co, Cn, Zl and Zp;
bidirectional controls are in Cf.
"""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Mapping
from enum import Enum
from functools import cache
from operator import is_not
from typing import Any, TypeVar

from modalloc_model.words import Term

T = TypeVar("T")

_WITHOUT_TEXT = frozenset({int, bool, float, type(None), Term})  # most of a record; names in terms are never printed
_KEPT = frozenset({"path", "key", "page"})
_LONGEST = 128
_LONG = re.compile(rf"\S{{{_LONGEST + 1},}}")
_HEAD, _TAIL = 80, 32  # characters of a long word that are kept


def sanitize(text: str) -> str:
    """The text on one line: unseen characters spelt out, the middle of words of more than 128 characters left out."""
    if len(text) > _LONGEST:
        text = _LONG.sub(lambda word: f"{word[0][:_HEAD]}…{word[0][-_TAIL:]}", text)
    return text if text.isprintable() else visible(text)


def harmless(record: T) -> T:
    """The record with every text sanitized; the same object if nothing changes."""
    changed: Any = _sanitize_value(record)
    return changed  # type: ignore[no-any-return]


def _sanitize_value(value: Any) -> Any:
    kind = value.__class__
    if kind in _WITHOUT_TEXT:
        return value
    if isinstance(value, str):
        return value if isinstance(value, Enum) else sanitize(value)
    if isinstance(value, tuple):
        items = tuple(map(_sanitize_value, value))
        return items if any(map(is_not, items, value)) else value
    if isinstance(value, Mapping):
        pairs = tuple(value.items())
        items = _sanitize_value(pairs)
        return value if items is pairs else dict(items)
    found = {name: new for name in _names(kind) if (new := _sanitize_value(old := getattr(value, name))) is not old}
    return dataclasses.replace(value, **found) if found else value


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a record that may hold text; empty unless `kind` is a record."""
    if not dataclasses.is_dataclass(kind):
        return ()
    return tuple(field.name for field in dataclasses.fields(kind) if field.name not in _KEPT)


# -- invisible characters ---------------------------------------------------------------------------------------------


_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""The text, with each control, format or unassigned character as `\x1b` or `\u202e`, and tabs as blanks."""
    return "".join(_escape_invisible(character) for character in text.replace("\t", "    "))


def _escape_invisible(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    digits = f"{ord(character):x}"
    letter, width = next(form for form in _FORMS if len(digits) <= form[1])
    return f"\\{letter}{digits:0>{width}}"


_FORMS = (("x", 2), ("u", 4), ("U", 8))
"""As C and Python write them: the letter, and how many hexadecimal digits follow."""


# -- JSON -------------------------------------------------------------------------------------------------------------


_DOUBTFUL = re.compile(r"[^\n -~]")


def json_text(document: Any, indent: int | None = 2) -> str:
    r"""The document as text; without an indent it is faster. Control and format characters are written as `\u202e`."""
    return _DOUBTFUL.sub(_escape_in_json, json.dumps(document, indent=indent, ensure_ascii=False))


def _escape_in_json(found: re.Match[str]) -> str:
    character = found[0]
    return character if visible(character) == character else json.dumps(character)[1:-1]
