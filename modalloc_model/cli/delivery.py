"""Where results go: the standard output, or a file that is complete as soon as it exists.

Models nothing. Leaves out: what is written.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from modalloc_model.failures import InputError
from modalloc_model.params import Location
from modalloc_model.report.style import Style
from modalloc_model.verdict import Problem
from modalloc_model.whole import replace


def deliver(text: str, path: str | None, out: TextIO) -> None:
    """Writes the text, ended by one newline. InputError where the file cannot be written."""
    text = text.rstrip("\n") + "\n"
    if path is None:
        out.write(text)
        return
    try:
        replace(Path(path), text.encode("utf-8"))
    except OSError as failure:
        hint = "the folder must exist, and allow writing"
        problem = Problem(Location(path), "unwritable-output", f"cannot write: {failure.strerror}", hint)
        raise InputError([problem]) from failure


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
