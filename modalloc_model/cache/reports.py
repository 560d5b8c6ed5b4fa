"""Reports of tables, kept by what they were decided from.

A report in which anything is undecided or inconsistent is not kept: another try may come to something. What the
profile gives nothing to judge by stays so, however often it is tried.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modalloc_model.cache.digest import digest
from modalloc_model.cache.entries import Entries, opened
from modalloc_model.params import Location, ParamSet
from modalloc_model.trace import from_json, to_json
from modalloc_model.verdict import NOT_JUDGED, Fact, Result, Severity, TableReport, Verdict

if TYPE_CHECKING:
    from modalloc_model.engine import Options

VARIABLE = "MODALLOC_CACHE"
"""The environment's word on it: a folder, or "off"."""
_OPEN = (Verdict.UNDECIDED, Verdict.INCONSISTENT)


@dataclass(frozen=True)
class Reports:
    """What is known already to this tool with these solvers and options."""

    entries: Entries
    how: str

    def find(self, table: ParamSet) -> TableReport | None:
        """The report of the same table, decided in the same way before."""
        content = self.entries.get(self._key(table))
        if content is None:
            return None
        try:
            return TableReport(table, tuple(_result(one) for one in json.loads(content)))
        except (ValueError, KeyError, TypeError):  # sound, and yet not ours
            return None

    def keep(self, report: TableReport) -> None:
        """Keeps the report, unless another try may decide more of it."""
        if not any(result.verdict in _OPEN and result.reason != NOT_JUDGED for result in report.results):
            body = json.dumps([_document(result) for result in report.results], ensure_ascii=False)
            self.entries.put(self._key(report.table), body.encode("utf-8", "surrogatepass"))

    def _key(self, table: ParamSet) -> str:
        return hashlib.sha256(f"{self.how} {digest(table)}".encode()).hexdigest()


def reports(how: Options, solvers: Iterable[tuple[str, str]]) -> Reports | None:
    """What is kept for these options and these solvers, each a name and a version; None where no cache is wanted."""
    folder = place()
    if folder is None:
        return None
    return Reports(opened(folder, _tool()[:16]), digest([how, sorted(solvers)]))


def place() -> Path | None:
    """The folder of all that is kept: as the environment says, or the user's own folder for such things."""
    said = os.environ.get(VARIABLE, "")
    if said.lower() in ("off", "0", "no"):
        return None
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(said) if said else Path(base) / "modalloc"


def _tool() -> str:
    """The tool as it stands: every line of its source."""
    package = Path(__file__).resolve().parent.parent
    said = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        said.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    return said.hexdigest()


def _document(result: Result) -> dict[str, Any]:
    plain = {name: getattr(result, name) for name in _PLAIN}
    trace = to_json(result.trace) if result.trace else None
    return plain | {"location": asdict(result.location), "facts": [asdict(f) for f in result.facts], "trace": trace}


_PLAIN = ("rule", "group", "severity", "subject", "types", "verdict", "message", "method", "boot", "replayed", "reason")


def _result(document: dict[str, Any]) -> Result:
    return Result(
        **document
        | {
            "severity": Severity(document["severity"]),
            "verdict": Verdict(document["verdict"]),
            "types": tuple(document["types"]),
            "location": Location(**document["location"]),
            "facts": tuple(Fact(**fact) for fact in document["facts"]),
            "boot": tuple((name, value) for name, value in document["boot"]),
            "trace": from_json(document["trace"]) if document["trace"] else None,
        }
    )
