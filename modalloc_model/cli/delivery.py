"""Where results go: the standard output, or a file that is complete as soon as it exists.

Models nothing. Leaves out: what is written.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TextIO

from modalloc_model.cli.failures import InputError
from modalloc_model.params import Location
from modalloc_model.report.style import Style
from modalloc_model.verdict import Problem


def deliver(text: str, path: str | None, out: TextIO) -> None:
    """Writes the text, ended by one newline. InputError where the file cannot be written."""
    text = text.rstrip("\n") + "\n"
    if path is None:
        out.write(text)
        return
    try:
        _replace(Path(path), text)
    except OSError as failure:
        hint = "the folder must exist, and allow writing"
        problem = Problem(Location(path), "unwritable-output", f"cannot write: {failure.strerror}", hint)
        raise InputError([problem]) from failure


def _replace(target: Path, text: str) -> None:
    """All or nothing: a file beside the target takes its place once it is whole."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def style_for(stream: TextIO, path: str | None = None) -> Style:
    """Colours on a terminal alone and where NO_COLOR is not set; characters as far as the encoding has them."""
    if path is not None:
        return Style(colour=False, unicode=True)
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(colour=wanted and stream.isatty(), unicode=_encodes(stream, "✓✗│█…"))


def _encodes(stream: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
