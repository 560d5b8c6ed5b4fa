"""spec/FOUND.md: each finding, the tool's verdict, how to check it by hand; last, every set with its findings."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from modalloc_model.params import Assumptions, Machine
from modalloc_model.paths import spec_root
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import root_of
from modalloc_model.report.expected import not_judged_rules
from modalloc_model.report.story import boot_text, story
from modalloc_model.report.style import Style
from modalloc_model.verdict import Problem, Result, Verdict
from modalloc_model.words import evaluate
from proofs.found.claims import claimants
from proofs.found.deciding import Asked, Told, file_of
from proofs.found.findings import Finding, Shown
from proofs.found.unreached import Unreached, find_unreached

PAGE = spec_root() / "FOUND.md"
WIDTH = 118

HEAD = """\
# What modalloc finds in Linux

Generated (`python -m proofs.found`) from `spec/found.yaml` and from what the tool says of the parameter sets in
`spec/params/linux`. A finding is one cause. It stands here only because the tool produces it: the page is not written
if a claim in `found.yaml` is not borne out by a decision, nor if a set is refuted, or proved, for a reason that is not
listed here. `6.12:path:line` is a place in Linux 6.12.117, `6.1:path:line` one in 6.1.192. Nothing here was booted.

A run is the shortest there is, counted in requests: where address space must be full first, one module asks for all of
it, and any free place may be handed out. Linux hands out the lowest; a finding says so where it matters. An instruction
may begin at any byte, and name any byte.

{findings} findings, {right} that show what is right, {cases} cases of {sets} sets.
"""

REACHES = {"RCH001": "kernel", "RCH002": "text", "RCH003": "data"}


def page(findings: Sequence[Finding], told: Sequence[Told]) -> str:
    """The whole page."""
    wrong, right = ([f for f in findings if f.is_right is kind] for kind in (False, True))
    sets = {one.asked.name for one in told}
    parts = [HEAD.format(findings=len(wrong), right=len(right), cases=len(told), sets=len(sets))]
    parts += ["# Found", *(section(finding, told) for finding in wrong)]
    parts += ["# Right", *(section(finding, told) for finding in right)]
    parts += ["# Every set", "\n".join(table(rows(findings, told)))]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def section(finding: Finding, told: Sequence[Told]) -> str:
    """One finding, with the first case of its first set in full."""
    first = _first(finding, told)
    says = _right(finding, told) if finding.is_right else _failures(finding.shown_by[0], first)
    blocks = [
        f"## {finding.id}: {finding.title}",
        _fill(finding.what),
        "\n".join(_facts(finding)),
        f"The tool says (`{command(first.asked, finding.shown_by[0])}`):",
        "\n".join(says),
        "\n".join(_elsewhere(finding, told, first)),
        _fill(f"**By hand.** {finding.check}"),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _first(finding: Finding, told: Sequence[Told]) -> Told:
    shown = finding.shown_by[0]
    return next(one for one in told if one.asked.is_meant_by(shown, shown.sets[0]))


def _fill(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _facts(finding: Finding) -> Iterator[str]:
    yield "- where:"
    yield from (_fill(f"  - `{place.at}`: {place.says}", "    ") for place in finding.where)
    if finding.since:
        yield _fill(f"- since: {finding.since}", "  ")
    if finding.sure:
        source = "confirmed by the source alone"
        sure = source if finding.sure == "source" else f"needs a fact beside the source: {finding.sure}"
        yield _fill(f"- how sure: {sure}", "  ")
    yield "- shown by:"
    yield from (_fill(f"  - {_fact_text(shown)}", "    ") for shown in finding.shown_by)


def _fact_text(shown: Shown) -> str:
    sets = ", ".join(f"`{name}`" for name in shown.sets)
    machine = f" on {shown.arch}" if shown.arch else ""
    claims = "" if shown.claims is None else f" claiming {', '.join(shown.claims) or 'nothing'}"
    what = [f"{', '.join(shown.refuted)} refuted"] if shown.refuted else []
    what += [f"{', '.join(shown.proved)} proved"] if shown.proved else []
    what += [f"a warning ({', '.join(shown.warned)}) when it is read"] if shown.warned else []
    return f"{sets}{machine}{claims}: {'; '.join(what) or 'proved'}"


# -- refuted ----------------------------------------------------------------------------------------------------------


def _failures(shown: Shown, one: Told) -> Iterator[str]:
    """Every rule, one of its results in full; of the runs only the shortest."""
    refuted = [result for rule in shown.refuted for result in one.of(rule) if result.verdict is Verdict.REFUTED]
    shortest = min((result for result in refuted if result.trace), key=_length, default=None)
    told = [next(r for r in (shortest, *refuted) if r and r.rule == rule) for rule in shown.refuted]
    yield "```"
    blocks = ["\n".join(_refutation(result, refuted, one, result is shortest)) for result in told]
    blocks += ["\n".join(_warning(problem)) for problem in one.asked.warnings if problem.code in shown.warned]
    yield "\n\n".join(blocks)
    yield "```"
    yield from (f"\n{_fill(out_of_reach(result, one))}" for result in told if result.rule in REACHES)


def _length(result: Result) -> int:
    return len(story(result.trace, Style())) if result.trace else 0


def _refutation(result: Result, refuted: Sequence[Result], one: Told, with_run: bool) -> Iterator[str]:
    same = [r.subject for r in refuted if r.rule == result.rule and r is not result]
    likewise = f", and likewise {', '.join(same)}" if same else ""
    title = f"{result.rule} {result.verdict}: {RULES[result.rule].title}"
    yield from _block(f"{title} ({path_of(one.asked)}:{result.location.line}, {result.subject}{likewise})")
    said = [*_block(result.message, "  "), *_arithmetic(result), *(_run(result) if with_run else _boot(result))]
    yield from said
    yield from _symbols("\n".join(said), result, one)


def _arithmetic(result: Result) -> Iterator[str]:
    width = max((len(fact.name) for fact in result.facts), default=0)
    yield from (f"    {fact.name:<{width}}  {fact.value}" for fact in result.facts)


def _boot(result: Result) -> list[str]:
    return _block(f"in the boot {boot_text(dict(result.boot))}", "  ") if result.boot else []


def _run(result: Result) -> Iterator[str]:
    assert result.trace is not None
    yield f"  the run, {'replayed on the executable allocator' if result.replayed else 'not replayed'}"
    yield from (f"    {line}" for line in story(result.trace, Style()))
    yield from _block(f"violated  {result.trace.violation}", "    ", " " * 14)


def _symbols(said: str, result: Result, one: Told) -> list[str]:
    """The values of its symbols, in its boot."""
    symbols = one.asked.params.machine.symbols
    labels = {fact.name for fact in result.facts}
    named = [name for name in sorted(symbols) if name not in labels and re.search(rf"\b{name}\b", said)]
    values = (f"{name} = {evaluate(symbols[name], dict(result.boot)):#x}" for name in named)
    return _block(f"where {', '.join(values)}", "  ") if named else []


def _elsewhere(finding: Finding, told: Sequence[Told], first: Told) -> Iterator[str]:
    """The tool's verdicts on the other sets, if they differ."""
    said = set(_messages(finding.shown_by[0], first))
    for shown in finding.shown_by:
        for one in (one for name in shown.sets for one in told if one.asked.is_meant_by(shown, name)):
            for rule, message in _messages(shown, one):
                if (rule, message) not in said:
                    said.add((rule, message))
                    yield _fill(f"- of `{one.asked.name}`, {rule}: {message}", "  ")


def _messages(shown: Shown, one: Told) -> Iterator[tuple[str, str]]:
    """The message of each rule's first subject, and each warning."""
    for rule in shown.refuted:
        result = next(result for result in one.of(rule) if result.verdict is Verdict.REFUTED)
        yield rule, _with_symbols(result, one)
    yield from ((p.code, p.message) for p in one.asked.warnings if p.code in shown.warned)


def _with_symbols(result: Result, one: Told) -> str:
    values = " ".join(line.strip() for line in _symbols(result.message, result, one))
    return f"{result.message}; {values}" if values else result.message


def _warning(problem: Problem) -> Iterator[str]:
    path = problem.where.path.rpartition("spec/")[2]
    yield from _block(f"warning, spec/{path}:{problem.where.line}: {problem.message}")


def _block(text: str, indent: str = "", after: str | None = None) -> list[str]:
    inside = indent + "  " if after is None else after
    return textwrap.wrap(text, WIDTH - 4, initial_indent=indent, subsequent_indent=inside, break_on_hyphens=False)


def out_of_reach(result: Result, one: Told) -> str:
    """How much of the window does not reach, in the boot of the refutation."""
    table = one.asked.params
    subject = next(s for s in RULES[result.rule].each(table) if s.name == result.subject)
    what = REACHES[result.rule]
    found = find_unreached(table, root_of(subject.parts), what, dict(result.boot))
    targets = {"kernel": "the kernel", "text": "the text of other modules", "data": "its own data"}[what]
    boot = f"in this boot ({boot_text(dict(result.boot))})" if result.boot else "in every boot"
    return f"Out of reach, {boot}: {_count(found)} {targets} ({result.rule}){_lowest(found)}."


def _count(found: Unreached) -> str:
    share = f"{100 * found.count / found.total:.4g} %"
    return (
        f"of the {found.total:,} bytes ({found.total:#x}) at which an instruction can begin, "
        f"{found.count:,} ({found.count:#x}, {share}) do not reach all of"
    )


def _lowest(found: Unreached) -> str:
    return f"; the lowest is {found.beyond[0][0]:#x}" if found.count < found.total else ""


# -- proved -----------------------------------------------------------------------------------------------------------


def _right(finding: Finding, told: Sequence[Told]) -> Iterator[str]:
    yield "| set | for every boot | proved by theorem | proved directly |"
    yield "|---|---|---|---|"
    for shown in finding.shown_by:
        for name in shown.sets:
            for one in (one for one in told if one.asked.is_meant_by(shown, name)):
                counts = (_proved(shown, one, method) for method in ("theorem", "direct"))
                yield f"| `{name}` | {_boots(one.asked.params.machine)} | {' | '.join(counts)} |"


def _boots(machine: Machine) -> str:
    """The boots of the proof, and the profile's assumptions about them."""
    unknowns = "; ".join(f"{u.name}: {u.text}" for u in machine.unknowns) or "nothing depends on it"
    return "; within the bound ".join([unknowns, *(f"{one.text} ({one.why})" for one in machine.bounds)])


def _proved(shown: Shown, one: Told, method: str) -> str:
    """The number of results, and the finding's rules among them."""
    proved = [r.rule for r in one.report.results if (r.verdict, r.method) == (Verdict.PROVED, method)]
    among = [rule for rule in shown.proved if rule in proved]
    return f"{len(proved)}, with {', '.join(among)}" if among else str(len(proved))


# -- every set -------------------------------------------------------------------------------------------------------

Row = tuple[str, str, str, str]


def rows(findings: Sequence[Finding], told: Sequence[Told]) -> Iterator[Row]:
    """Each case: its set, its claims, the verdict, and its findings."""
    for one in told:
        machine = f" on {one.asked.arch}" if one.asked.arch else ""
        ids = dict.fromkeys(claimants(findings, one))
        left = not_judged_rules(one.report)
        verdict = ", ".join([one.report.verdict.value, *([f"not judged: {', '.join(left)}"] if left else [])])
        yield f"{one.asked.name}{machine}", ", ".join(one.asked.claims), verdict, ", ".join(ids)


def table(every: Iterable[Row]) -> Iterator[str]:
    """The rows as Markdown."""
    yield "| set | claims | verdict | by |"
    yield "|---|---|---|---|"
    yield from (f"| {' | '.join(row)} |" for row in every)


# -- the command that decides a question again -----------------------------------------------------------------------


def path_of(asked: Asked) -> str:
    """The set's file, from the top of the project."""
    return file_of(asked.name).relative_to(spec_root().parent).as_posix()


def command(asked: Asked, shown: Shown) -> str:
    """The command that shows it."""
    words = ["modalloc", "verify", path_of(asked)]
    words += ["--arch", asked.arch] if asked.arch else []
    words += [word for define in asked.define for word in ("-D", define)]
    words += _assuming(asked.table.params.assumptions, asked.params.assumptions)
    words += ["--select", ",".join(shown.rules)] if shown.rules else []
    return shlex.join(words)


def _assuming(usual: Assumptions, assumed: Assumptions) -> list[str]:
    """The options for assumptions that differ from the table's own."""
    names = [field.name for field in fields(Assumptions) if field.name != "claims"]
    differing = [name for name in names if getattr(usual, name) != getattr(assumed, name)]
    given = [word for name in differing for word in ("--assume", f"{name.replace('_', '-')}={getattr(assumed, name)}")]
    return given + [word for claim in assumed.claims if claim not in usual.claims for word in ("--claim", claim)]
