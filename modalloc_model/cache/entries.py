"""Cache entries on disk: one file an entry, named by its key, written atomically.

An entry begins with the digest of the rest. A truncated or corrupt entry counts as missing. A failed write is ignored.
So a full disk, two runs at once and a kill in the middle cost time and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modalloc_model.whole import replace

KEEP = 30 * 24 * 3600.0
"""Seconds after which what another state of the tool has kept, and nobody used, is removed."""


@dataclass(frozen=True)
class Entries:
    """The entries of one state of the tool, in a folder of their own."""

    folder: Path

    def get(self, key: str) -> bytes | None:
        """The entry's content; None where there is no sound entry."""
        try:
            content = self._file(key).read_bytes()
        except OSError:
            return None
        said, _, body = content.partition(b"\n")
        return body if said == _digest(body) else None

    def put(self, key: str, body: bytes) -> None:
        """Keeps the content, all or nothing."""
        target = self._file(key)
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            replace(target, _digest(body) + b"\n" + body)

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / key


def opened(root: Path, state: str) -> Entries:
    """The entries of the tool in this state; those of other states go once nobody has used them for a while."""
    folder = root / state
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        for other in root.iterdir():
            if other != folder and time.time() - other.stat().st_mtime > KEEP:
                _remove(other)
    return Entries(folder)


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
