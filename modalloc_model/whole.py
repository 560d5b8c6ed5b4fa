"""Atomic replacement of files: the one way in which the tool writes over a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace(target: Path, content: bytes) -> None:
    """A file beside the target takes its place once it is whole. OSError where that cannot be; nothing is left then."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
