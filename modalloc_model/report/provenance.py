"""Where a generated test comes from, in lines for its head: table, rule, tool, and the run that it holds fast.

Leaves out: anything that changes from call to call; the same table gives the same lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import modalloc_model
from modalloc_model.params import ParamSet
from modalloc_model.report.harmless import shown
from modalloc_model.report.story import story
from modalloc_model.report.style import Style
from modalloc_model.report.text import assumptions_text
from modalloc_model.verdict import Result


@dataclass(frozen=True)
class Origin:
    """A result, and how its table was read. `digest` is the SHA-256 of the file, `path` names it for the test."""

    table: ParamSet
    result: Result
    title: str  # of the rule
    path: str
    beside: bool  # whether the path is relative to the test file's folder, and not to the one that tests are run in
    digest: str
    arch: str | None = None
    defines: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    assume: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """An identifier in C and in Python: the table, the rule, and what it speaks of."""
        table = self.table.id.partition(":")[2] or self.table.id
        words = re.findall(r"[a-z0-9]+", f"{table} {self.result.rule} {self.result.subject}".lower())
        return "_".join(words) if words[0][0].isalpha() else f"table_{'_'.join(words)}"


def head(origin: Origin) -> list[str]:
    """Lines in which nothing is unseen, so that each stays the one line that it is."""
    result, machine = origin.result, origin.table.machine
    lines = [
        f"table   {origin.table.id}, in {origin.path}",
        f"        SHA-256 {origin.digest}",
        f"on      {machine.name}, {assumptions_text(origin.table.assumptions)}",
        f"rule    {result.rule}: {origin.title}",
        f"for     {result.subject}, which is {result.verdict.value}: {result.message}",
        f"tool    modalloc {modalloc_model.__version__}",
        *(_run(result) if result.trace else ["run     none: the rule speaks of the table alone"]),
    ]
    return [shown(line).rstrip() for line in lines]


def _run(result: Result) -> list[str]:
    assert result.trace is not None
    told = story(result.trace, Style(unicode=False))
    return ["run", *(f"  {line}" for line in told), f"  violated  {result.trace.violation}"]
