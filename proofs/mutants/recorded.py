"""What caught each mutant the last time, so that it is tried first the next time. It decides nothing.

A theorem that proves again, or a run that passes, is only a wrong guess: the search begins from nothing then.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("recorded.json")


def load() -> dict[str, dict[str, Any]]:
    """By mutant: `theorem` (a place), `run` (a document) and `check` (what the run failed), as far as known."""
    found: dict[str, dict[str, Any]] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    return found


def remember(mutant: str, evidence: dict[str, Any]) -> None:
    """Note what caught the mutant, beside what is noted already."""
    record = load()
    record[mutant] = {**record.get(mutant, {}), **evidence}
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
