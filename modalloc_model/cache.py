"""A cache of verdicts on disk, keyed by everything that a verdict depends on.

The key digests the table, the options, the tool's own source, and the solvers with their versions: a change to any of
them makes another key. Only reports without an open verdict are kept.

A file holds one entry, is named by its key, and is written atomically. It begins with a digest of the rest. A truncated
or corrupt entry counts as missing. A failed write is ignored. A full disk, two runs at once, or a kill during a write
cost time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modalloc_model.params import Location, ParamSet
from modalloc_model.trace import from_json, to_json
from modalloc_model.verdict import NOT_JUDGED, Fact, Result, Severity, TableReport, Verdict
from modalloc_model.whole import replace
from modalloc_model.words import Term, upwards

if TYPE_CHECKING:
    from modalloc_model.engine import Options


VARIABLE = "MODALLOC_CACHE"
"""The environment variable that names the cache folder, or says "off"."""
KEEP = 30 * 24 * 3600.0
"""Seconds until the unused entries of another version of the tool are removed."""
_OPEN = (Verdict.UNDECIDED, Verdict.INCONSISTENT)


@dataclass(frozen=True)
class Reports:
    """The cached reports of this tool with these solvers and options; `key` digests the options and the solvers."""

    entries: Entries
    key: str

    def find(self, table: ParamSet) -> TableReport | None:
        """The cached report of the table; None if there is none."""
        content = self.entries.get(self._key(table))
        if content is None:
            return None
        try:
            return TableReport(table, tuple(_result(one) for one in json.loads(content)))
        except (ValueError, KeyError, TypeError):  # intact, but not in this format
            return None

    def keep(self, report: TableReport) -> None:
        """Store the report, unless another run may decide more of it."""
        if not any(result.verdict in _OPEN and result.reason != NOT_JUDGED for result in report.results):
            body = json.dumps([_document(result) for result in report.results], ensure_ascii=False)
            self.entries.put(self._key(report.table), body.encode("utf-8", "surrogatepass"))

    def _key(self, table: ParamSet) -> str:
        return hashlib.sha256(f"{self.key} {digest(table)}".encode()).hexdigest()


def reports(how: Options, solvers: Iterable[tuple[str, str]]) -> Reports | None:
    """The cache for these options and solvers (name, version); None if the cache is off."""
    folder = cache_folder()
    if folder is None:
        return None
    return Reports(open_entries(folder, _tool()[:16]), digest([how, sorted(solvers)]))


def cache_folder() -> Path | None:
    """The cache folder: from the environment, else below XDG_CACHE_HOME or ~/.cache; None if the cache is off."""
    value = os.environ.get(VARIABLE, "")
    if value.lower() in ("off", "0", "no"):
        return None
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(value) if value else Path(base) / "modalloc"


def _tool() -> str:
    """A digest of every source file of the tool."""
    package = Path(__file__).resolve().parent
    whole = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        whole.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    return whole.hexdigest()


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


@dataclass(frozen=True)
class Entries:
    """The entries of one version of the tool; `folder` holds no others."""

    folder: Path

    def get(self, key: str) -> bytes | None:
        """The entry's content; None if it is missing, truncated or corrupt."""
        try:
            content = self._file(key).read_bytes()
        except OSError:
            return None
        checksum, _, body = content.partition(b"\n")
        return body if checksum == _checksum(body) else None

    def put(self, key: str, body: bytes) -> None:
        """Write the entry atomically; a failure is ignored."""
        target = self._file(key)
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            replace(target, _checksum(body) + b"\n" + body)

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / key


def open_entries(root: Path, version: str) -> Entries:
    """The entries of this version of the tool; entries of other versions are removed if unused for `KEEP` seconds."""
    folder = root / version
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


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def digest(value: Any) -> str:
    """A digest in hexadecimal: equal for equal content, in any process and for any order of a set.

    Plain data only: dataclasses, mappings, sequences, sets, enumerations, strings, numbers, booleans and None;
    TypeError for anything else. A term is digested after its parts, so that its depth does not matter, and once.
    """
    return _Digester().of(value).hex()


class _Digester:
    def __init__(self) -> None:
        self._seen: dict[int, tuple[Any, bytes]] = {}  # the value is kept, so that its id is not used again

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
        raise TypeError(f"{kind.decode()} is not plain data")


def _of_all(parts: list[bytes]) -> bytes:
    """The digest of the parts, each preceded by its length, so that no two lists of parts look alike."""
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()
