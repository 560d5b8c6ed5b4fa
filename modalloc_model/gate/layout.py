"""Files as a folder has them, for as long as somebody reads there. Models nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def laid_out(contents: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder that holds the files at their paths, and that goes away again."""
    with tempfile.TemporaryDirectory(prefix="modalloc-gate-") as folder:
        for path, content in contents.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        yield Path(folder)
