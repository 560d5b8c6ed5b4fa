"""Names that mean harm: markup of every format, control and bidirectional characters, forged lines, no end.

They stand wherever a table, a profile or a path may put text: in a call of `verify`, and in what its input lacks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from modalloc_model.params import Location, Unknown
from modalloc_model.report.diagnostic import Findings
from modalloc_model.report.findings import refused
from modalloc_model.report.presentation import Decided, Expectation, Presentation
from modalloc_model.verdict import ExitStatus, Fact, Problem, Severity, TableReport, Verdict
from tests.report.handmade import BASE, PAGES, SOURCE, result, table, trace

MARKUP = "<script>alert(1)</script><b onload='x'> &lt;b&gt; ]]> --> </code></summary></details>"
MARKDOWN = "`` ``` ````x @everyone #1 ![pic](http://evil.example/p) [go](http://evil.example) | a | **b** \\` \\|"
COMMANDS = "::error::forged ##[error]forged %0A::error::forged {0} {1} %25 # SKIP # XFAIL # Subtest: forged"
UNSEEN = "\x00\x07\x08\x1b[31m\x1b]0;title\x07\x7f\x85\x9b31m\u200b\u2028\u202e\u2066\ufeff\ufffe\udcff\U000e0041"
LINES = "\nok 1 forged\r\nnot ok 2 forged\n1..99\n# Subtest: forged\n::error::forged\n```\n\n# heading\n- item\n"
LONG = "n" * 20_000

HARM = f"{MARKUP} {MARKDOWN} {COMMANDS} {UNSEEN} {LINES} {LONG}"
PATH = "a b/../<i>#?%41|`\n::error::\u202e\x1b[31m\udcff.c"


def _located(line: int, column: int = 1) -> Location:
    return Location(PATH, line, column)


def _table() -> Any:
    plain = table()
    types = tuple(
        replace(t, name=f"{t.name} {HARM}", fill_name=HARM, where={"": _located(3)}, mapto=0) for t in plain.types
    )
    sections = tuple(replace(s, name=f"{s.name} {HARM}", type=f"{s.type} {HARM}") for s in plain.dialect.sections)
    dialect = replace(plain.dialect, name=HARM, types=tuple(t.name for t in types), sections=sections)
    unknowns = (Unknown("kaslr_offset", 0x1000, 1, 16, HARM),)
    return replace(
        plain,
        id=f"toy:{HARM}",
        path=PATH,
        machine=replace(plain.machine, name=HARM, unknowns=unknowns),
        dialect=dialect,
        types=types,
    )


def _results() -> Iterator[Any]:
    common: dict[str, Any] = {"subject": HARM, "types": (f"TEXT {HARM}", f"INITTEXT {HARM}"), "message": HARM}
    common |= {"location": _located(4, 4), "facts": (Fact(HARM, HARM),)}
    plain = trace()
    named = replace(plain.params, symbols={HARM: BASE + 0x1000})
    run = replace(plain, table=HARM, subject=HARM, violation=HARM, params=named)
    for number, verdict in enumerate(Verdict):
        for severity in Severity:
            yield result(f"MAP00{number}", verdict, severity=severity, **common)
    yield result("PRT001", Verdict.REFUTED, trace=run, replayed=True, **common)


def presentation(expected: bool = False) -> Presentation:
    """A call whose table is hostile in every word. With `expected`, what is expected of it is hostile too."""
    expectation = Expectation("refuted", ("PRT001",), HARM, (HARM, HARM)) if expected else None
    decided = Decided(TableReport(_table(), tuple(_results())), SOURCE + HARM, None, expectation)
    doubt = Problem(_located(1), "duplicate-id", HARM, HARM, "warning")
    return Presentation((decided, decided), (doubt,), solvers={HARM: HARM}, rules=PAGES)


def problems() -> Findings:
    """A call that came to no verdict."""
    found = [Problem(_located(7, 2), "unknown-field", HARM, HARM), Problem(Location(), "usage", HARM)]
    return refused("verify", found, ExitStatus.BAD_INPUT)
