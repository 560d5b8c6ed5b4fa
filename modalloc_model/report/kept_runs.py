"""A counterexample as a file of pytest tests, and the header that all such files share.

The tests fail while the table is wrong and pass once it is corrected; `modalloc_model.regression` does the work. Names
from the table appear in sanitized comments and in ASCII literals. The same table gives the same file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pprint import pformat

import modalloc_model
from modalloc_model.params import ParamSet
from modalloc_model.report.harmless import sanitize
from modalloc_model.report.story import story
from modalloc_model.report.style import Style
from modalloc_model.report.text import assuming_text
from modalloc_model.trace import step_to_json
from modalloc_model.verdict import Result


@dataclass(frozen=True)
class Origin:
    """A result, and how its table was read. `digest` is the SHA-256 of the file, `path` names it for the test."""

    table: ParamSet
    result: Result
    title: str  # of the rule
    path: str
    beside: bool  # whether the path is relative to the folder of the test file instead of the working directory
    digest: str
    arch: str | None = None
    defines: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    assume: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """An identifier in C and in Python: the table, the rule and the subject."""
        table = self.table.id.partition(":")[2] or self.table.id
        words = re.findall(r"[a-z0-9]+", f"{table} {self.result.rule} {self.result.subject}".lower())
        return "_".join(words) if words[0][0].isalpha() else f"table_{'_'.join(words)}"


def head(origin: Origin) -> list[str]:
    """Lines in which nothing is unseen, so that each stays the one line that it is."""
    result, machine = origin.result, origin.table.machine
    lines = [
        f"table   {origin.table.id}, in {origin.path}",
        f"        SHA-256 {origin.digest}",
        f"on      {machine.name}, {assuming_text(origin.table)}",
        f"rule    {result.rule}: {origin.title}",
        f"for     {result.subject}, which is {result.verdict.value}: {result.message}",
        f"tool    modalloc {modalloc_model.__version__}",
        *(_run(result) if result.trace else ["run     none: the rule speaks of the table alone"]),
    ]
    return [sanitize(line).rstrip() for line in lines]


def _run(result: Result) -> list[str]:
    assert result.trace is not None
    told = story(result.trace, Style(unicode=False))
    return ["run", *(f"  {line}" for line in told), f"  violated  {result.trace.violation}"]


# -- a counterexample as a file of pytest tests: red as long as the table is wrong, g --------------------------------


_FILE = '''\
"""A table against one of modalloc's rules: red as long as it is wrong, green once it is mended."""

{comments}

from pathlib import Path

from modalloc_model.regression import Regression

CASE = Regression(
{arguments}
)

{tests}'''
_RUN = '''
def test_{name}_run() -> None:
    """The run that was found does not go wrong any more."""
    CASE.check_run()

'''
_RULE = '''
def test_{name}_rule() -> None:
    """Nor does any other: the rule holds."""
    CASE.check_rule()
'''


def pytest_file(origin: Origin) -> str:
    """The file's text; without a run it has the second test alone."""
    run = _RUN if origin.result.trace else ""
    return _FILE.format(
        comments="\n".join(f"# {line}".rstrip() for line in head(origin)),
        arguments="\n".join(f"    {name}={value}," for name, value in _arguments(origin).items()),
        tests=f"{run}{_RULE}".format(name=origin.name),
    )


def _arguments(origin: Origin) -> dict[str, str]:
    result = origin.result
    steps = [step_to_json(step) for step in result.trace.steps] if result.trace else []
    boot = result.trace.boot if result.trace else dict(result.boot)
    return {
        "path": f"Path(__file__).parent / {origin.path!a}" if origin.beside else f"Path({origin.path!a})",
        "table": ascii(origin.table.id),
        "rule": ascii(result.rule),
        "subject": ascii(result.subject),
        "digest": ascii(origin.digest),
        "arch": ascii(origin.arch),
        "defines": _literal(list(origin.defines)),
        "assume": _literal(dict(origin.assume)),
        "claims": _literal(list(origin.claims)),
        **({"beyond": _literal(list(origin.beyond))} if origin.beyond else {}),
        "boot": _literal({name: hex(value) for name, value in sorted(boot.items())}),
        "steps": _literal(steps),
    }


def _literal(value: object) -> str:
    """A Python literal in ASCII, on as many lines as it needs, indented as an argument."""
    lines = pformat(value, width=100, sort_dicts=False).encode("ascii", "backslashreplace").decode().split("\n")
    return "\n        ".join(lines)
