"""JSON as text that is safe to look at: characters that nobody sees are written as escapes, which mean the same.

Models nothing. Leaves out: what is in the documents.
"""

from __future__ import annotations

import json
import re
from typing import Any

from modalloc_model.report.visible import visible

_DOUBTFUL = re.compile(r"[^\n -~]")


def json_text(document: Any, indent: int | None = 2) -> str:
    r"""The document, quicker on one line. A control, format or bidirectional character in it stands as `\u202e`."""
    return _DOUBTFUL.sub(_escaped, json.dumps(document, indent=indent, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return character if visible(character) == character else json.dumps(character)[1:-1]
