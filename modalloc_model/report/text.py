"""The report as text: one line for a group of rules that pass, and details for each finding.

Other results are only counted; the JSON document lists them all.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from modalloc_model.addresses import term_text
from modalloc_model.params import AllocType, Assumptions, Bound, Location, Machine, ParamSet
from modalloc_model.report.expected import expected_lines
from modalloc_model.report.harmless import harmless
from modalloc_model.report.presentation import Decided, Presentation, result_counters, summary
from modalloc_model.report.problems import place, problems_text
from modalloc_model.report.story import boot_text, story
from modalloc_model.report.style import Style, excerpt
from modalloc_model.report.telling import section
from modalloc_model.verdict import NOT_JUDGED, Result, Severity, TableReport, Verdict
from modalloc_model.words import Term, variables

_WIDTH = 100
_OPEN = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.VACUOUS, Verdict.INCONSISTENT)
_QUIET = (Verdict.NOT_CLAIMED, Verdict.NOT_APPLICABLE)


def render(presentation: Presentation) -> str:
    """Every table in turn, then the counters."""
    lines = problems_text(presentation.warnings, presentation.style).splitlines()
    lines += [""] if lines else []
    if any(decided.expectation for decided in presentation.decided):
        lines += expected_lines(presentation.decided, presentation.style)
    else:
        for decided in presentation.decided:
            lines += [*_table(_harmless(decided), presentation), ""]
    return "\n".join([*lines, *closing(presentation)])


def _harmless(decided: Decided) -> Decided:
    """The same, to be looked at. The source stays, since columns count in it; `excerpt` sees to its lines."""
    return replace(decided, report=harmless(decided.report))


def closing(presentation: Presentation) -> list[str]:
    """All counters, including zeros."""
    tables = summary(presentation.report)
    results = result_counters(presentation.report)
    total = tables.pop("tables")
    tables.pop("results")
    return [
        f"{total} {'table' if total == 1 else 'tables'}: {_count_text(tables)}",
        f"{sum(results.values())} results: {_count_text(results)}",
    ]


def _count_text(counters: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counters.items())


# -- one table -------------------------------------------------------------------------------------------------------


def _table(decided: Decided, presentation: Presentation) -> list[str]:
    style, report = presentation.style, decided.report
    lines = [*_head(decided, style), "", *_groups(report, presentation), ""]
    lines += [f"  {line}" for line in textwrap.wrap(rests_on(report), _WIDTH)]
    for rule, results in _by_rule(r for r in report.results if r.verdict in _OPEN and _counts(r, presentation.strict)):
        lines += ["", *_finding(rule, results, decided, presentation)]
    asides = [r for r in report.results if r.verdict in _OPEN and not _counts(r, presentation.strict)]
    return lines + ([""] if asides else []) + [line for same in _alike(asides) for line in _aside(same, presentation)]


def _head(decided: Decided, style: Style) -> list[str]:
    table, verdict = decided.report.table, decided.report.verdict
    colour = style.good if verdict is Verdict.PROVED else style.bad if verdict is Verdict.REFUTED else style.doubtful
    where = place(Location(table.path, table.line))
    lines = [
        f"{style.strong(table.id)}  {colour(verdict.value)}",
        f"  {table.dialect.name} on {table.machine.name}, {table.machine.bits} bits ({where})",
        f"  assuming   {assuming_text(table)}",
        *_configured(table),
        *(f"  {'for every' if n == 0 else '':<9}  {text}" for n, text in enumerate(unknowns_lines(table))),
        *(f"  where      {term_text(condition, table.machine)}" for condition in table.conditions),
        *(f"  {'bounds' if n == 0 else '':<9}  {text}" for n, text in enumerate(bounds_lines(table.machine))),
    ]
    return lines + ([f"  took       {decided.seconds:.3f} s"] if decided.seconds is not None else [])


def _configured(table: ParamSet) -> list[str]:
    """The configuration's options and the profile's values; empty unless the table is from a kernel tree."""
    options = ", ".join(f"CONFIG_{name}={value}" for name, value in sorted(table.configuration.items()))
    named = f"from the profile: {', '.join(table.assumed)}"
    lines = [f"  configured {options}"] if options else []
    return lines + (
        textwrap.wrap(named, _WIDTH, initial_indent="  assumed    ", subsequent_indent=" " * 13)
        if table.assumed
        else []
    )


def unknowns_lines(table: ParamSet) -> list[str]:
    """The unknowns of the table's values and of the machine's regions, a line each."""
    known = _turning(table)
    found = [f"{unknown.name}: {unknown.text}" for unknown in table.machine.unknowns if unknown.name in known]
    return found or ["boot; nothing depends on it"]


def _turning(table: ParamSet) -> set[str]:
    """The unknowns of the table and its regions, and those that constraints connect with them."""
    regions = [term for region in table.machine.regions for term in (region.first, region.last)]
    names = set(variables(*regions, *(term for t in table.types for term in _terms(t)), *table.conditions))
    ties = [set(variables(constraint)) for constraint in table.machine.constraints]
    for _ in ties:
        names = names.union(*(tie for tie in ties if tie & names))
    return names


def _terms(t: AllocType) -> list[Term]:
    ranges = [term for chosen in t.ranges for term in (chosen.start, chosen.last)]
    allowed = [t.protection.read, t.protection.write, t.protection.execute]
    flags = [t.second, t.seals, t.shared_pmd, t.fill, t.invalidate, t.carved]
    sizes = [term for term in (t.granularity, t.alignment, t.large, t.promised) if term is not None]
    return [*sizes, *ranges, *allowed, *flags]


def bounds_lines(machine: Machine) -> list[str]:
    """The bounds that the profile assumes and the machine does not enforce, a line each."""
    return [f"{one.text} ({one.why}{_beyond(one)})" for one in machine.bounds]


def _beyond(bound: Bound) -> str:
    return f"; beyond: --beyond {bound.lift}" if bound.lift else ""


def assumptions_text(assumptions: Assumptions) -> str:
    """The assumptions on one line, under the names that the command line has for them."""
    named = [
        f"protect={assumptions.protect}",
        f"free-access={assumptions.free_access}",
        f"arbiter={assumptions.arbiter}",
        f"arbiter-search={assumptions.arbiter_search}",
        f"guard={assumptions.guard}",
    ]
    return ", ".join([*named, f"claims: {', '.join(assumptions.claims) or 'none'}"])


def assuming_text(table: ParamSet) -> str:
    """The assumptions of a verdict: the design, and the assumptions about it."""
    return f"design={table.dialect.design}, {assumptions_text(table.assumptions)}"


def rests_on(report: TableReport) -> str:
    """The basis of the table's proved results."""
    methods = Counter(r.method for r in report.results if r.verdict is Verdict.PROVED)
    parts = []
    if methods["theorem"]:
        parts.append(
            f"{methods['theorem']} proved by theorem: the table meets the hypotheses in every boot, and `modalloc "
            "prove` proves again what follows from them, for any number of modules and any order of operations."
        )
    if methods["direct"]:
        parts.append(
            f"{methods['direct']} proved on this table's values (by condition, or by induction over the operations)."
        )
    return " ".join(parts) or "Nothing is proved."


# -- rule groups -----------------------------------------------------------------------------------------------------


def _groups(report: TableReport, presentation: Presentation) -> list[str]:
    groups = list(dict.fromkeys(result.group for result in report.results))
    width = max((len(group) for group in groups), default=0)
    return [
        f"  {group:<{width}}  {_group([r for r in report.results if r.group == group], presentation)}"
        for group in groups
    ]


def _group(results: Sequence[Result], presentation: Presentation) -> str:
    rules = len({result.rule for result in results})
    count = Counter(result.verdict for result in results if result.verdict not in _OPEN)
    said = [f"{rules} {'rule' if rules == 1 else 'rules'}"]
    said += [f"{count[verdict]} {_words(verdict.value)}" for verdict in Verdict if count[verdict]]
    counting = [r for r in results if r.verdict in _OPEN and _counts(r, presentation.strict)]
    for word in (*(verdict.value for verdict in _OPEN), NOT_JUDGED):
        counted = [r for r in counting if r.word == word]
        said += [f"{len(counted)} {_words(word)} ({_names(counted)})"] if counted else []
    for severity in (Severity.WARNING, Severity.NOTE):
        aside = [
            r for r in results if r.severity is severity and r.verdict in _OPEN and not _counts(r, presentation.strict)
        ]
        said += [f"{len(aside)} {severity.value}{'' if len(aside) == 1 else 's'} ({_names(aside)})"] if aside else []
    return f"{_mark(results, presentation)} {', '.join(said)}"


def _words(word: str) -> str:
    return word.replace("-", " ")


def _names(results: Iterable[Result]) -> str:
    return ", ".join(sorted({result.rule for result in results}))


def _counts(result: Result, strict: bool) -> bool:
    """Whether the result bears on the exit status."""
    return result.severity is Severity.ERROR or (strict and result.severity is Severity.WARNING)


def _mark(results: Sequence[Result], presentation: Presentation) -> str:
    style = presentation.style
    verdicts = {r.verdict for r in results if _counts(r, presentation.strict)}
    if verdicts & {Verdict.REFUTED, Verdict.INCONSISTENT}:
        return style.cross
    if verdicts & {Verdict.UNDECIDED, Verdict.VACUOUS}:
        return style.question
    return style.tick if any(r.verdict not in _QUIET for r in results) else style.blank


# -- findings --------------------------------------------------------------------------------------------------------


def _by_rule(results: Iterable[Result]) -> list[tuple[str, list[Result]]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(f"{result.rule} {result.word}", []).append(result)
    return [(results[0].rule, results) for results in found.values()]


def _finding(rule: str, results: Sequence[Result], decided: Decided, presentation: Presentation) -> list[str]:
    """The first result in full, and of the others which they are."""
    first, style = results[0], presentation.style
    lines = [f"{style.strong(place(first.location))}: {_title(first, presentation)}"]
    body = [
        *excerpt(decided.text, first.location, style),
        *textwrap.wrap(first.message, _WIDTH),
        *_arithmetic(first, style),
    ]
    others = [f"{r.subject or ', '.join(r.types)} ({r.location.line}:{r.location.column})" for r in results[1:]]
    likewise = textwrap.wrap(f"likewise for {', '.join(others)}", _WIDTH) if others else []
    if first.verdict in (Verdict.REFUTED, Verdict.INCONSISTENT):
        body += [*_run(first, style), *([""] if likewise else []), *likewise, *_mending(rule, presentation)]
    else:
        body += likewise
    return lines + [f"  {line}".rstrip() for line in body]


def _title(result: Result, presentation: Presentation) -> str:
    style = presentation.style
    severity = "error" if _counts(result, presentation.strict) else result.severity.value
    word = severity if result.verdict is Verdict.REFUTED else _words(result.word)
    paint = style.bad if word in ("error", "inconsistent") else style.doubtful
    page = presentation.rules.get(result.rule)
    title = [page.title] if page else []
    of = [f"({', '.join(result.types)})"] if result.types else []
    return " ".join([paint(word), style.strong(result.rule), *title, *of])


def _arithmetic(result: Result, style: Style) -> list[str]:
    """The quantities that the message rests on, aligned."""
    if not result.facts:
        return []
    width = max(len(fact.name) for fact in result.facts)
    return ["", style.strong("the arithmetic"), *(f"  {f.name:<{width}}  {f.value}" for f in result.facts)]


def _run(result: Result, style: Style) -> list[str]:
    """The counterexample, and its violation."""
    if result.trace is None:
        return ["", f"in the boot  {boot_text(dict(result.boot))}"] if result.boot else []
    how = "replayed on the executable allocator" if result.replayed else "not replayed"
    lines = [f"  {line}" for line in story(result.trace, style)]
    violation = textwrap.wrap(result.trace.violation or result.message, _WIDTH - 10)
    violated = [f"  {'violated' if n == 0 else '':<8}  {line}" for n, line in enumerate(violation)]
    return ["", style.strong(f"the run ({how})"), *lines, *violated]


def _mending(rule: str, presentation: Presentation) -> list[str]:
    page = presentation.rules.get(rule)
    advice = section(page.page, "mend") if page else ""
    paragraphs = [
        line for part in advice.split("\n\n")[:1] for line in textwrap.wrap(" ".join(part.split()), _WIDTH - 2)
    ]
    heading = (
        ["", presentation.style.strong("how to mend it"), *(f"  {line}" for line in paragraphs)] if advice else [""]
    )
    return [*heading, presentation.style.faint(f"more: modalloc explain {rule}")]


def _alike(results: Iterable[Result]) -> list[list[Result]]:
    """Results that say the same of different types, together."""
    found: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        found.setdefault((result.rule, result.verdict.value, result.message), []).append(result)
    return list(found.values())


def _aside(results: Sequence[Result], presentation: Presentation) -> list[str]:
    """A warning or a note in short, with the number of types."""
    first = results[0]
    places = ", ".join(f"{r.location.line}:{r.location.column}" for r in results[1:])
    types = tuple(dict.fromkeys(t for r in results for t in r.types))
    head = f"{place(first.location)}: {_title(replace(first, types=types), presentation)}"
    said = f"{first.message}{f' (also {places})' if places else ''}"
    return [head, *(f"  {line}" for line in textwrap.wrap(said, _WIDTH))]
