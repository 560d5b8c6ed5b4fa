"""A counterexample kept as a test: the functions that files written by `modalloc trace --format pytest` call.

The table is read again each time. Two things are checked, since a change of the table may exclude one run and allow
another: the run itself, on the executable allocator, and the rule, by deciding it. Other rules are not checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from modalloc_model.concrete import in_boot
from modalloc_model.params import ParamSet
from modalloc_model.trace import Trace, step_from_json
from modalloc_model.verdict import Result, Verdict
from modalloc_model.words import evaluate

_FINE = (Verdict.PROVED, Verdict.NOT_APPLICABLE, Verdict.NOT_CLAIMED)


@dataclass(frozen=True)
class Regression:
    """A table, how it was read, and the run in which it violated `rule` for `subject`.

    `boot` and `steps` are as in a trace document; `digest` is the SHA-256 of the file when the run was found.
    """

    path: Path
    table: str
    rule: str
    subject: str
    digest: str
    arch: str | None = None
    defines: Sequence[str] = ()
    assume: Mapping[str, str] = field(default_factory=dict)
    claims: Sequence[str] = ()
    beyond: Sequence[str] = ()
    boot: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[Mapping[str, Any]] = ()

    def check_run(self) -> None:
        """The run does not violate the rule on the current table. AssertionError, with the story, if it does."""
        from modalloc_model.designs.replay import replay
        from modalloc_model.report.story import story_lines
        from modalloc_model.report.style import Style

        params = self.read()
        boot = {name: int(value, 16) for name, value in self.boot.items()}
        if not self._possible(params, boot):
            return
        steps = tuple(step_from_json(dict(step)) for step in self.steps)
        trace = Trace(self.table, self.rule, self.subject, boot, in_boot(params, boot), steps)
        replayed = replay(trace)
        if replayed.violation:
            story = "\n".join([*story_lines(trace, replayed, Style()), f"violated  {replayed.violation}"])
            raise AssertionError(f"{self._describe()}: the run still goes wrong\n{story}")

    def check_rule(self) -> None:
        """The rule holds for the subject, or for all subjects if that one no longer exists. AssertionError if not."""
        from modalloc_model.engine import Options, verify_table

        results = verify_table(self.read(), Options(select=frozenset({self.rule}))).results
        if not results:
            raise AssertionError(f"{self._describe()}: nothing was decided")
        meant = [result for result in results if result.subject == self.subject] or list(results)
        wrong = [result for result in meant if result.verdict not in _FINE]
        if wrong:
            raise AssertionError(
                "\n".join([f"{self._describe()}: the rule does not hold", *map(_format_result, wrong)])
            )

    def read(self) -> ParamSet:
        """The current table. AssertionError if it cannot be read or does not exist."""
        from modalloc_model.descriptor import Settings, read_path

        assume, claims = dict(self.assume), tuple(self.claims)
        settings = Settings(self.arch, tuple(self.defines), assume, claims, beyond=tuple(self.beyond))
        reading = read_path(str(self.path), settings)
        found = [table.params for table in reading.tables if table.params.id == self.table]
        if not found:
            problems = [f"{p.where}: {p.message}" for p in reading.problems if p.severity == "error"]
            raise AssertionError("\n".join([f"{self.path}: no table {self.table}", *problems]))
        return found[0]

    def _possible(self, params: ParamSet, boot: Mapping[str, int]) -> bool:
        """Whether the current profile of the machine allows that boot."""
        known = {unknown.name for unknown in params.machine.unknowns}
        return known == set(boot) and bool(evaluate(params.machine.domain, boot))

    def _describe(self) -> str:
        """The rule, the table, and whether its file has changed."""
        same = sha256(self.path.read_bytes()).hexdigest() == self.digest
        since = "" if same else " (the file has changed since the run was found)"
        return f"{self.rule} for {self.subject} in {self.table}{since}"


def _format_result(result: Result) -> str:
    return f"{result.subject} is {result.verdict.value}: {result.message}"
