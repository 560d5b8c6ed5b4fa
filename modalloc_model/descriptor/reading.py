"""The result of reading: tables, the expectations beside them, and every problem with the input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modalloc_model.params import Assumptions, Location, ParamSet
from modalloc_model.verdict import Problem


@dataclass(frozen=True)
class Settings:
    """The caller's settings for every table; they override those of the tables.

    `arch` is a profile's name or path. `defines` are "NAME=EXPR", or "NAME" for "NAME=1". `assume` maps protect,
    free-access, arbiter and guard to their values. `kernel_config` is the path of a kernel's configuration, for tables
    read from its tree. `beyond` are "NAME" or "NAME=EXPR": bounds of profiles to lift, to the machine's limit or to
    the value.
    """

    arch: str | None = None
    defines: tuple[str, ...] = ()
    assume: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    kernel_config: str | None = None
    beyond: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """An expectation beside a table: under these assumptions, this verdict.

    `rules` are the rules of severity error expected to be refuted, `not_judged` those that the profile cannot decide.
    """

    assumptions: Assumptions
    verdict: str | None
    rules: tuple[str, ...]
    why: str
    location: Location
    not_judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table that was read without errors. `text` is its file, for reports that show lines of it."""

    params: ParamSet
    cases: tuple[Case, ...] = ()
    text: str = field(default="", repr=False)

    def line(self, number: int) -> str:
        """Line `number` of the file, counted from 1; "" beyond its end."""
        lines = self.text.split("\n")
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else ""


@dataclass(frozen=True)
class Names:
    """The names in the input: `used` are all of them, `known` those offered as corrections, `bounds` the profiles'."""

    used: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    bounds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reading:
    """The content of a path or a text. A table with an error is not in `tables`."""

    tables: tuple[Table, ...] = ()
    problems: tuple[Problem, ...] = ()
    names: Names = Names()
