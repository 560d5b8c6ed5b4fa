"""A digest of plain data: the same for the same content in any process, whatever the order of a set.

What it knows: dataclasses, mappings, sequences, sets, enumerations, texts, numbers, truth values and None. A term is a
dataclass; one that stands in many places is digested once, after its parts, however deep it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from modalloc_model.words import Term, upwards


def digest(value: Any) -> str:
    """The digest, in hexadecimal. TypeError for anything that is no plain data."""
    return _Digester().of(value).hex()


class _Digester:
    def __init__(self) -> None:
        self._seen: dict[int, tuple[Any, bytes]] = {}  # with the value, so that its identity stays its own

    def of(self, value: Any) -> bytes:
        if value is None or isinstance(value, (str, int, float)):
            return f"{type(value).__name__} {value!r}".encode()
        for part in upwards(value, into=self._unseen) if isinstance(value, Term) else (value,):
            if id(part) not in self._seen:
                self._seen[id(part)] = part, _of_all(self._parts(part))
        return self._seen[id(value)][1]

    def _unseen(self, term: Term) -> tuple[Term, ...]:
        return () if id(term) in self._seen else term.args

    def _parts(self, value: Any) -> list[bytes]:
        kind = type(value).__name__.encode()
        if is_dataclass(value):
            return [kind, *(self.of(getattr(value, field.name)) for field in fields(value))]
        if isinstance(value, Mapping):
            return [b"mapping", *(self.of(part) for pair in value.items() for part in pair)]
        if isinstance(value, (tuple, list)):
            return [b"sequence", *map(self.of, value)]
        if isinstance(value, (set, frozenset)):
            return [b"set", *sorted(map(self.of, value))]
        raise TypeError(f"{kind.decode()} is no plain data")


def _of_all(parts: list[bytes]) -> bytes:
    """Each part with its length, so that no two lists of parts look alike."""
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()
