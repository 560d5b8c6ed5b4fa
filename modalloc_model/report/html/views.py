"""The content of the page, prepared for the template: rows, findings, marked lines, films.

Plain data: text, and pictures as SVG. The template has the markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from modalloc_model.addresses import term_text
from modalloc_model.params import AllocType, Location, ParamSet
from modalloc_model.report.document import assumptions_to_json
from modalloc_model.report.expected import unusual_assumptions
from modalloc_model.report.film import Frame, film
from modalloc_model.report.harmless import visible
from modalloc_model.report.maps.model import AddressMap, Boot, legend, map_of
from modalloc_model.report.maps.svg import inline
from modalloc_model.report.meaning import domain_text
from modalloc_model.report.presentation import Decided, Presentation, RulePage
from modalloc_model.report.problems import place
from modalloc_model.report.story import boot_text
from modalloc_model.report.telling import section
from modalloc_model.report.text import bounds_lines, rests_on
from modalloc_model.trace import Trace
from modalloc_model.verdict import Result, Severity, Verdict

SIGNS = {
    Verdict.PROVED: "\N{CHECK MARK}",
    Verdict.REFUTED: "\N{BALLOT X}",
    Verdict.UNDECIDED: "?",
    Verdict.VACUOUS: "\N{EMPTY SET}",
    Verdict.INCONSISTENT: "\N{DOUBLE EXCLAMATION MARK}",
    Verdict.NOT_CLAIMED: "\N{EN DASH}",
    Verdict.NOT_APPLICABLE: "\N{EN DASH}",
}
OPEN = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.VACUOUS, Verdict.INCONSISTENT)
_AROUND = 3  # lines of the source before and after the table


@dataclass(frozen=True)
class Label:
    """A verdict: its word, the sign before it, and `tone`, a class of page.css."""

    word: str
    sign: str
    tone: str


@dataclass(frozen=True)
class RuleRow:
    """Equal results of one rule."""

    rule: str
    title: str
    severity: str
    label: Label
    subjects: str
    method: str
    anchor: str


@dataclass(frozen=True)
class SourceMark:
    """A finding, where the source is to blame for it."""

    label: Label
    name: str
    anchor: str


@dataclass(frozen=True)
class SourceLine:
    """A line of the source: the part before the blamed place, the rest, and the findings there."""

    number: int
    before: str
    blamed: str
    marks: tuple[SourceMark, ...]


@dataclass(frozen=True)
class Picture:
    """A map: its picture, and the legend, a line a region."""

    picture: str
    legend: tuple[str, ...]


@dataclass(frozen=True)
class Shot:
    """A frame of a film, with its map."""

    frame: Frame
    map: Picture


@dataclass(frozen=True)
class PlayedRun:
    """A counterexample that the page plays."""

    boot: str
    shots: tuple[Shot, ...]
    violation: str
    problem: str
    replayed: bool


@dataclass(frozen=True)
class FindingView:
    """A result that needs attention."""

    anchor: str
    order: int
    result: Result
    label: Label
    title: str
    place: str
    formula: str
    why: str
    mend: str
    boot: str
    run: PlayedRun | None

    @property
    def key(self) -> tuple[int, str, str]:
        """The sort and group key of a finding, in the order of the rules."""
        return self.order, self.result.rule, self.result.verdict.value


@dataclass(frozen=True)
class TheoremView:
    """A theorem that results rest on, and the rules whose conditions it assumes besides those on the machine."""

    rule: str
    title: str
    hypotheses: str


@dataclass(frozen=True)
class TableView:
    """A table under one set of assumptions, and everything the page has to say of it."""

    anchor: str
    decided: Decided
    label: Label
    unusual: str
    place: str
    counts: str
    assumptions: Mapping[str, str]
    unknowns: tuple[tuple[str, str], ...]
    bounds: tuple[str, ...]
    constraints: tuple[str, ...]
    groups: tuple[tuple[str, tuple[RuleRow, ...]], ...]
    findings: tuple[FindingView, ...]
    asides: tuple[FindingView, ...]
    source: tuple[SourceLine, ...]
    graph: str
    targets: tuple[tuple[str, str, str], ...]
    boot: str
    map: Picture | None
    rests_on: str
    theorems: int
    runs: int


def table_view(number: int, decided: Decided, presentation: Presentation, boot: Boot | None) -> TableView:
    """The view of one table; `number` makes its anchors unique. Without a boot there is no map."""
    params, results = decided.report.table, decided.report.results
    anchor = f"t{number}"
    found = [(f"{anchor}-f{n}", result) for n, result in enumerate(results, 1) if result.verdict in OPEN]
    anchors = {id(result): name for name, result in found}
    order = list(dict.fromkeys(result.rule for result in results))
    views = [_finding(name, order.index(result.rule), result, presentation) for name, result in found]
    weighs = [_weighs(result, presentation.strict) for _, result in found]
    return TableView(
        anchor=anchor,
        decided=decided,
        label=verdict_label(decided.report.verdict),
        unusual=unusual_assumptions(params.assumptions),
        place=place(Location(params.path, params.line)),
        counts=", ".join(f"{count} {word.value}" for word, count in _verdict_counts(results)),
        assumptions=_assumptions(params),
        unknowns=tuple((unknown.name, domain_text(unknown)) for unknown in params.machine.unknowns),
        constraints=tuple(term_text(term, params.machine) for term in params.machine.constraints),
        bounds=tuple(bounds_lines(params.machine)),
        groups=tuple(_groups(results, anchors, presentation)),
        findings=tuple(view for view, weighty in zip(views, weighs, strict=True) if weighty),
        asides=tuple(view for view, weighty in zip(views, weighs, strict=True) if not weighty),
        source=tuple(_source(decided, views)),
        graph=mapto(params),
        targets=tuple(_targets(params)),
        boot=boot_text(boot) if boot is not None else "",
        map=_map(params, boot) if boot is not None else None,
        rests_on=rests_on(decided.report),
        theorems=len(_by_theorem(results)),
        runs=sum(result.replayed for result in results),
    )


def verdict_label(verdict: Verdict) -> Label:
    """The label of a verdict."""
    return Label(verdict.value.replace("-", " "), SIGNS[verdict], verdict.value)


def _wording(result: Result, strict: bool) -> Label:
    """The label of a result; if it does not affect the exit status, a warning or a note."""
    aside = result.verdict in OPEN and not _weighs(result, strict)
    if aside and result.verdict is Verdict.REFUTED:
        return Label(result.severity.value, "!" if result.severity is Severity.WARNING else "i", "aside")
    label = replace(verdict_label(result.verdict), word=result.word.replace("-", " "))
    return replace(label, tone="aside") if aside else label


def _weighs(result: Result, strict: bool) -> bool:
    """Whether the result bears on the exit status."""
    return result.severity is Severity.ERROR or (strict and result.severity is Severity.WARNING)


def _verdict_counts(results: Iterable[Result]) -> list[tuple[Verdict, int]]:
    count = Counter(result.verdict for result in results)
    return [(verdict, count[verdict]) for verdict in Verdict if count[verdict]]


def _assumptions(params: ParamSet) -> dict[str, str]:
    given = assumptions_to_json(params.assumptions)
    return {name: ", ".join(value) or "none" if isinstance(value, list) else value for name, value in given.items()}


# -- rules -----------------------------------------------------------------------------------------------------------


def _groups(
    results: Sequence[Result], anchors: Mapping[int, str], presentation: Presentation
) -> Iterator[tuple[str, tuple[RuleRow, ...]]]:
    for group in dict.fromkeys(result.group for result in results):
        alike: dict[tuple[str, str, str], list[Result]] = {}
        for result in results:
            if result.group == group:
                alike.setdefault((result.rule, result.word, _method(result)), []).append(result)
        yield group, tuple(_row(same, anchors.get(id(same[0]), ""), presentation) for same in alike.values())


def _row(same: Sequence[Result], anchor: str, presentation: Presentation) -> RuleRow:
    first = same[0]
    subjects = ", ".join(result.subject for result in same)
    verdict = _wording(first, presentation.strict)
    title = _title(first.rule, presentation.rules)
    return RuleRow(first.rule, title, first.severity.value, verdict, subjects, _method(first), anchor)


def _method(result: Result) -> str:
    """The method of the decision; "" if nothing was decided."""
    nobody = result.reason or result.verdict in (Verdict.NOT_CLAIMED, Verdict.NOT_APPLICABLE)
    return "" if nobody else result.method


def _title(rule: str, rules: Mapping[str, RulePage]) -> str:
    return rules[rule].title if rule in rules else rule


def theorems(presentation: Presentation) -> Iterator[TheoremView]:
    """The theorems that any table's results rest on, in the order of the rules."""
    used = {rule for decided in presentation.decided for rule in _by_theorem(decided.report.results)}
    rules = presentation.rules
    for rule in (*(rule for rule in rules if rule in used), *sorted(used - set(rules))):
        leans_on = getattr(rules.get(rule), "leans_on", ())  # a page alone does not have it
        yield TheoremView(rule, _title(rule, rules), ", ".join((rule, *leans_on)))


def _by_theorem(results: Iterable[Result]) -> set[str]:
    return {r.rule for r in results if r.verdict is Verdict.PROVED and r.method == "theorem"}


# -- findings --------------------------------------------------------------------------------------------------------


def _finding(anchor: str, order: int, result: Result, presentation: Presentation) -> FindingView:
    rules = presentation.rules
    page = rules[result.rule].page if result.rule in rules else ""
    return FindingView(
        anchor=anchor,
        order=order,
        result=result,
        label=_wording(result, presentation.strict),
        title=_title(result.rule, rules),
        place=place(result.location),
        formula=" ".join(section(page, "formula").split()),
        why=" ".join(section(page, "why").split()),
        mend=" ".join(section(page, "mend").split()),
        boot=boot_text(dict(result.boot)) if result.boot else "",
        run=_run(result.trace, result.replayed) if result.trace else None,
    )


def _run(trace: Trace, replayed: bool) -> PlayedRun:
    shown = film(trace)
    last = len(shown.frames) - 1
    titles = (f"Memory after step {f.number} of {last}" if f.number else "Memory before the run" for f in shown.frames)
    shots = tuple(Shot(f, _layout(f.shown, title)) for f, title in zip(shown.frames, titles, strict=True))
    return PlayedRun(boot_text(trace.boot), shots, shown.violation, shown.problem, replayed)


def _layout(shown: AddressMap, title: str) -> Picture:
    return Picture(inline(shown, title), tuple(legend(shown)))


# -- the source of the table, and its meaning -------------------------------------------------------------------------


def _source(decided: Decided, findings: Sequence[FindingView]) -> Iterator[SourceLine]:
    """The lines of the table, and of whatever is to blame, with the findings at their places."""
    table = decided.report.table
    lines = decided.text.split("\n") if decided.text else []
    marked: dict[int, list[FindingView]] = {}
    for finding in findings:
        if finding.result.location.path == table.path:
            marked.setdefault(finding.result.location.line, []).append(finding)
    written = [where.line for t in table.types for where in t.where.values() if where.path == table.path]
    known = [number for number in (table.line, *written, *marked) if 0 < number <= len(lines)]
    for number in range(min(known) - _AROUND, max(known) + _AROUND + 1) if known else ():
        if 0 < number <= len(lines):
            yield _line(number, lines[number - 1].rstrip(), marked.get(number, []))


def _line(number: int, text: str, findings: Sequence[FindingView]) -> SourceLine:
    column = max(min((f.result.location.column for f in findings), default=len(text) + 1) - 1, 0)
    marks = tuple(SourceMark(f.label, f"{f.result.rule} {f.result.subject}", f.anchor) for f in findings)
    return SourceLine(number, text[:column], text[column:], marks)


def _targets(table: ParamSet) -> Iterator[tuple[str, str, str]]:
    """Each section, the type it asks with, and the root that its memory comes from."""
    for part in table.sections:
        root = table.section_root(part)
        yield part.name, part.type, root.name if root else "no type: fails"


def _map(table: ParamSet, boot: Boot) -> Picture | None:
    shown = map_of(table, boot)
    return _layout(shown, f"Address map of {table.id}") if shown.columns else None


# -- the mapto graph as SVG: types on the left, targets on the right --------------------------------------------------


_ROW, _BOX, _WIDTH, _SPAN = 34, 26, 190, 120


def mapto(table: ParamSet) -> str:
    """The graph as an element for map.css; "" if the dialect has no mapto."""
    if not table.dialect.has_mapto:
        return ""
    targets = list(dict.fromkeys(t.mapto for t in table.types))
    rows = {index: _middle(table, index, place, len(targets)) for place, index in enumerate(targets)}
    width, height = 2 * _WIDTH + _SPAN + 260, _ROW * len(table.types) + 8
    label = f"mapto of {visible(table.id)}; the table below says the same"
    size = {"viewBox": f"0 0 {width} {height}", "width": str(width)}
    root = ET.Element("svg", {"class": "m", "role": "img", "aria-label": label, **size})
    for row, alloc_type in enumerate(table.types):
        _box(root, 2, row * _ROW, alloc_type.name, "m-block")
        _edge(root, row * _ROW, rows[alloc_type.mapto])
    for index, y in rows.items():
        _target(root, table, index, y)
    return ET.tostring(root, encoding="unicode")


def _middle(table: ParamSet, index: int, place: int, count: int) -> int:
    """The rows of the targets, spread evenly, in the order in which the types refer to them."""
    return int((place + 0.5) * _ROW * len(table.types) / count - _ROW / 2)


def _box(root: ET.Element, x: int, y: int, text: str, style: str, width: int = _WIDTH) -> None:
    place = {"x": str(x), "y": str(y + 4), "width": str(width), "height": str(_BOX), "rx": "3", "fill": "none"}
    ET.SubElement(root, "rect", {"class": f"m-box {style}", **place})
    label = ET.SubElement(root, "text", {"x": str(x + 8), "y": str(y + 21)})
    label.text = visible(text)


def _edge(root: ET.Element, source: int, target: int) -> None:
    """An arrow from a type to its target."""
    start, end, bend = _WIDTH + 4, _WIDTH + _SPAN, _SPAN // 2
    y, to = source + 17, target + 17
    curve = f"M{start} {y}C{start + bend} {y} {end - bend} {to} {end - 4} {to}m-7 -4l7 4l-7 4"
    ET.SubElement(root, "path", {"class": "m-axis", "d": curve})


def _target(root: ET.Element, table: ParamSet, index: int, y: int) -> None:
    known = 0 <= index < len(table.types)
    target = table.types[index] if known else None
    astray = _astray(table, target) if target else "\N{BALLOT X} no such type"
    x = _WIDTH + _SPAN
    _box(root, x, y, target.name if target else str(index), "m-fault" if astray else "m-extent")
    note = ET.SubElement(
        root,
        "text",
        {"class": "m-bad" if astray else "m-faint", "x": str(x + _WIDTH + 10), "y": str(y + 21)},
    )
    note.text = visible(astray or "root")


def _astray(table: ParamSet, target: AllocType) -> str:
    onward = table.root(target)
    if target.mapto == target.index:
        return ""
    return f"\N{BALLOT X} itself mapped to {onward.name if onward else target.mapto}"
