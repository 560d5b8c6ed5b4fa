"""A run as a kernel test: the calls, the executable allocator's answers, and the expectations.

An expectation is a condition in C, with its value for these answers. A test in which no expectation fails shows nothing
and is not written. Rules whose violation no caller of the allocator sees have no test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.allocator.observation import LiveExtent, Observation
from modalloc_model.designs.replay import StepRecord, replay
from modalloc_model.params import Reach
from modalloc_model.properties import behaviour_of
from modalloc_model.properties.rule import AllocationView, PlaceClaim
from modalloc_model.report.story import step_text
from modalloc_model.trace import Trace

_RIGHTS = {"r": "MAY_READ", "w": "MAY_WRITE", "x": "MAY_EXECUTE"}


@dataclass(frozen=True, slots=True)
class TestLine:
    """A statement of C; `holds` is False if it is an expectation that fails."""

    code: str
    holds: bool = True


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of a call: a place, success, and rights (of all pages, of any page, whether any page has w and x)."""

    lo: int = 0
    last: int = 0
    done: bool = True
    rights: tuple[str, str, bool] = ("", "", False)


@dataclass
class Script:
    """The lines of the test, and the answers in the order in which its calls ask for them."""

    trace: Trace
    lines: list[TestLine] = field(default_factory=list)
    answers: list[CallResult] = field(default_factory=list)
    places: int = 0
    _names: dict[tuple[int, int, str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state, self.rule = Observation(self.trace.params), behaviour_of(self.trace.rule)
        for number, record in enumerate(replay(self.trace).steps, 1):
            self._note(f"step {number}: {step_text(record.step, self.trace.params.symbols)}")
            self._step(record)

    @property
    def shows(self) -> bool:
        """Whether an expectation fails."""
        return not all(line.holds for line in self.lines)

    # -- steps ------------------------------------------------------------------------------------------------------

    def _step(self, record: StepRecord) -> None:
        writable = {name: self._writable(extent) for extent in self.state.live if (name := self._name(extent))}
        for event, following in zip(record.events, [*record.events[1:], None], strict=True):
            self._call(event, following, record)
            self.state.apply(event)
        if not any(event.kind in (EventKind.FAULT, EventKind.COLLISION) for event in record.events):
            for extent in self.state.live:
                self._rights(extent, writable.get(self._name(extent), False))

    def _call(self, event: Event, following: Event | None, record: StepRecord) -> None:
        faults = following is not None and following.kind is EventKind.FAULT
        if event.kind is EventKind.ALLOC:
            self._alloc(event)
            if faults:
                self._expect_result("fill", event, False)
        elif event.kind is EventKind.COLLISION:
            self._alloc(event)
        elif event.kind in (EventKind.TAKE, EventKind.RETURN):
            self._others(event)
        elif event.kind is EventKind.REFUSED:
            self._refused(event, any(v.rule == self.trace.rule for v in record.violations))
        elif event.kind is EventKind.FILL:
            self._expect_result("fill", event, True)
        elif event.kind is EventKind.FREE:
            self._expect_result("free", event, not faults)
        elif event.kind is EventKind.SEALED:
            self._say(f"modalloc_seal({self._name_at(event)});", CallResult())
        elif event.kind is EventKind.BRANCH:
            self._branch(event)

    def _alloc(self, event: Event) -> None:
        name = f"p{self.places}"
        self.places += 1
        self._say(
            f"{name} = modalloc_alloc({section(event.section)}, {literal(event.size)});",
            CallResult(event.lo, event.last),
        )
        self._expect(f"{name}.lo", True, "ASSERT_TRUE", "!= 0")
        for condition, holds in self._about_place(event, name):
            self._expect(condition, holds)
        self._names[(event.lo, event.last, event.section, event.module)] = name

    def _refused(self, event: Event, wrong: bool) -> None:
        """Expect a refusal, unless the rule forbids it."""
        name = f"p{self.places}"
        self.places += 1
        self._say(f"{name} = modalloc_alloc({section(event.section)}, {literal(event.size)});", CallResult())
        self._expect(f"{name}.lo", not wrong, "EXPECT_TRUE", "!= 0" if wrong else "== 0")

    def _others(self, event: Event) -> None:
        """A call by others, which the test makes for them."""
        self.lines.append(TestLine(f"modalloc_others_{event.kind}({literal(event.lo)}, {literal(event.last)});"))

    def _expect_result(self, what: str, event: Event, done: bool) -> None:
        self.answers.append(CallResult(done=done))
        self._expect(f"modalloc_{what}({self._name_at(event)})", done)

    # -- expectations -----------------------------------------------------------------------------------------------

    def _about_place(self, event: Event, name: str) -> Iterator[tuple[str, bool]]:
        """The expectations of the rules of alignment, range and overlap for a new place."""
        root, place = self.trace.params.root(event.root), self.rule.place
        if place is PlaceClaim.ALIGNED and root.wanted:
            yield f"(unsigned long){name}.lo % {root.wanted:#x}UL == 0", event.lo % root.wanted == 0
        if place is PlaceClaim.INSIDE:
            usable = [r for r in root.ranges if r is not None]
            inside = (f"modalloc_inside({name}, {literal(r.first)}, {literal(r.last)})" for r in usable)
            holds = any(r.first <= event.lo and event.last <= r.last for r in usable)
            yield " || ".join(inside) or "false", holds
        if place is PlaceClaim.APART:
            for extent in self.state.live:
                apart = event.last < extent.lo or extent.last < event.lo
                yield f"!modalloc_overlap({name}, {self._name(extent)})", apart

    def _rights(self, extent: LiveExtent, was_writable: bool) -> None:
        """The expectations of the rules of protection for an allocation after a step."""
        runs = [run.protection for run in self.state.pages_of(extent)]
        every = "".join(x for x in "rwx" if all(x in run for run in runs))
        some = "".join(x for x in "rwx" if any(x in run for run in runs))
        both = any("w" in run and "x" in run for run in runs)
        wanted = list(self._wanted(extent, was_writable, (every, some, both)))
        if wanted:
            self._say(f"rights = modalloc_rights({self._name(extent)});", CallResult(rights=(every, some, both)))
        for condition, holds in wanted:
            self._expect(condition, holds)

    def _wanted(
        self, extent: LiveExtent, was_writable: bool, rights: tuple[str, str, bool]
    ) -> Iterator[tuple[str, bool]]:
        every, some, both = rights
        seen = AllocationView(
            extent.section.kind,
            extent.section.init,
            self.state.phase(extent),
            extent.sealed,
            was_writable,
            strict="strict-rwx" in self.trace.params.assumptions.claims,
        )
        for letter in self.rule.needs(seen):
            yield f"rights.all & {_RIGHTS[letter]}", letter in every
        for letter in self.rule.bars(seen):
            yield f"!(rights.any & {_RIGHTS[letter]})", letter not in some
        if self.rule.bars_both and seen.strict:
            yield "!rights.write_execute", not both

    def _branch(self, event: Event) -> None:
        reach = next(r for r in self.trace.params.reach if r.name == event.note)
        place, target = self._address(event.lo), self._address(event.last)
        self._expect(_reaches(reach, place, target), bool(reach.names(event.lo, event.last, self.trace.params.bits)))

    # -- writing ----------------------------------------------------------------------------------------------------

    def _writable(self, extent: LiveExtent) -> bool:
        return all(run.writable for run in self.state.pages_of(extent))

    def _name(self, extent: LiveExtent) -> str:
        return self._names.get((extent.lo, extent.last, extent.section.name, extent.module), "")

    def _name_at(self, event: Event) -> str:
        return self._names[(event.lo, event.last, event.section, event.module)]

    def _address(self, address: int) -> str:
        """Against the allocation in which it lies, where it lies in one."""
        inside = next((extent for extent in self.state.live if extent.lo <= address <= extent.last), None)
        return f"{self._name(inside)}.lo + {literal(address - inside.lo)}" if inside else literal(address)

    def _say(self, code: str, answer: CallResult) -> None:
        self.lines.append(TestLine(code))
        self.answers.append(answer)

    def _note(self, text: str) -> None:
        self.lines.append(TestLine(f"/* {text} */"))

    def _expect(self, condition: str, holds: bool, how: str = "EXPECT_TRUE", compared: str = "") -> None:
        self.lines.append(TestLine(f"KUNIT_{how}(test, {condition}{compared and f' {compared}'});", holds))


def _reaches(reach: Reach, place: str, target: str) -> str:
    if reach.kind == "segment":
        return f"(({place}) >> {reach.segment_bits}) == (({target}) >> {reach.segment_bits})"
    if reach.kind == "page":
        mask = literal((1 << reach.page_bits) - 1)
        place, target = f"({place}) & ~{mask}", f"({target}) & ~{mask}"
    if reach.kind == "absolute":
        place = literal(0)
    lowest = f"-{literal(-reach.lowest)}" if reach.lowest < 0 else literal(reach.lowest)
    return f"modalloc_reaches({place}, {target}, {lowest}, {literal(reach.highest - reach.lowest)})"


def literal(value: int) -> str:
    """A number in C: in hexadecimal, unless it is small enough to be read otherwise."""
    return f"{value}ULL" if value < 1 << 12 else f"{value:#x}ULL"


def section(name: str) -> str:
    """The enumerator of a section."""
    return f"SECTION_{re.sub(r'[^A-Z0-9_]', '_', name.upper())}"


def rights(letters: Iterable[str]) -> str:
    """Rights in C."""
    return " | ".join(_RIGHTS[letter] for letter in letters) or "0"
