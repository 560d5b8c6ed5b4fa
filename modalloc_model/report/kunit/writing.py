"""The C file of a KUnit test: the template kunit.c, filled with a run.

Names from the table appear only in comments, sanitized and unable to end the comment.
"""

from __future__ import annotations

import re
from importlib.resources import files

from modalloc_model.report.harmless import visible
from modalloc_model.report.kept_runs import Origin, head
from modalloc_model.report.kunit.calls import CallResult, Script, literal, rights, section
from modalloc_model.trace import Trace


class NotShown(Exception):
    """No expectation of a caller fails in the run, or there is no run."""


def kunit_file(origin: Origin) -> str:
    """The file's text. NotShown where a test would show nothing."""
    trace = origin.result.trace
    if trace is None:
        raise NotShown(
            f"{origin.result.rule} is {origin.result.verdict.value} for {origin.result.subject}, without a run"
        )
    script = Script(trace)
    if not script.shows:
        raise NotShown(f"what {origin.result.rule} forbids is nothing that a caller of the allocator sees in this run")
    filled = _blanks(origin, trace, script)
    frame = files(__package__).joinpath("kunit.c").read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: filled[found[1]], frame)


def _blanks(origin: Origin, trace: Trace, script: Script) -> dict[str, str]:
    bits = trace.params.bits
    return {
        "HEAD": "\n".join(f" * {_comment(line)}".rstrip() for line in head(origin)),
        "SECTIONS": "\n".join(f"\t{section(s.name)}," for s in trace.params.sections),
        "NAME": origin.name,
        "RULE": origin.result.rule,
        "BITS": str(bits),
        "MASK": f"{(1 << bits) - 1:#x}ULL",
        "ANSWERS": "\n".join(f"\t{_answer(answer)}," for answer in script.answers),
        "BODY": "\n".join(f"\t{line}".rstrip() for line in _body(script)),
    }


def _comment(text: str) -> str:
    """The text without anything that begins or ends a comment or continues its line."""
    return visible(text).replace("*/", "* /").replace("/*", "/ *").replace("\\", "\\ ").rstrip()


def _body(script: Script) -> list[str]:
    """Declarations first, as kernel code has them."""
    names = ", ".join(f"p{number}" for number in range(script.places))
    lines = [f"struct modalloc_place {names};"] if names else []
    if any(line.code.startswith("rights = ") for line in script.lines):
        lines.append("struct modalloc_rights rights;")
    for line in script.lines:
        text = line.code
        if text.startswith("/* "):
            lines += ["", f"/* {_comment(text[3:-3])} */"]
        else:
            lines.append(text if line.holds else f"{text} /* fails */")
    return lines


def _answer(answer: CallResult) -> str:
    every, some, both = answer.rights
    place = f"{{ {literal(answer.lo)}, {literal(answer.last)} }}"
    return f"{{ {place}, {_truth(answer.done)}, {{ {rights(every)}, {rights(some)}, {_truth(both)} }} }}"


def _truth(value: bool) -> str:
    return "true" if value else "false"
