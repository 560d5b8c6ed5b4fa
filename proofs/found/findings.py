"""The findings as data: spec/found.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modalloc_model.paths import spec_root

PATH = spec_root() / "found.yaml"


@dataclass(frozen=True, slots=True)
class Shown:
    """What must come of each set: rules refuted, rules proved, or warnings given when it is read (their codes).

    `claims` picks the cases of a set that make just these claims; without it every case is meant. With `arch` the
    set is not taken as it stands but on that machine, with `define`, and of the rules only these are asked.
    """

    sets: tuple[str, ...]
    refuted: tuple[str, ...] = ()
    proved: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    claims: tuple[str, ...] | None = None
    arch: str = ""
    define: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules of the finding."""
        return self.refuted + self.proved


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A place in Linux's source, `6.12:arch/nios2/kernel/module.c:74`, with its content."""

    at: str
    says: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause. `sure` is "source", or the fact outside the kernel's source that it needs as well."""

    id: str
    title: str
    what: str
    where: tuple[SourcePlace, ...]
    check: str
    shown_by: tuple[Shown, ...]
    since: str = ""
    sure: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it says of sets that they are proved."""
        return self.id.startswith("R")


def load(path: Path = PATH) -> tuple[Finding, ...]:
    """Every finding, then everything that is right. ValueError where the file has another form."""
    import yaml

    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if set(document) != {"findings", "right"}:
        raise ValueError(f"{path.name} has the keys {', '.join(document)}; findings and right are wanted")
    found = tuple(_finding(given) for part in ("findings", "right") for given in document[part])
    numbers = [finding.id for finding in found]
    if numbers != sorted(set(numbers)):
        raise ValueError(f"{path.name}: ids are not in order, or used twice: {', '.join(numbers)}")
    return found


def _finding(given: Mapping[str, Any]) -> Finding:
    try:
        where = tuple(SourcePlace(**place) for place in given["where"])
        shown_by = tuple(_read_facts(shown) for shown in given["shown_by"])
        return Finding(**{**given, "where": where, "shown_by": shown_by})
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"{given.get('id', 'a finding without id')}: {wrong}") from wrong


def _read_facts(given: Mapping[str, Any]) -> Shown:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    return Shown(**fields)
