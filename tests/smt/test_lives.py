"""A page's life: its micro-steps against section 3 of the semantics in plain truth values, and their use.

Without it, theorems on protection could follow pages through steps that the semantics does not have.

The proofs of a drawn table go through where its rules hold, and do not where some run of the executable allocator goes
wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest

from modalloc_model.designs.mail.lives import LIVES, Life, lives
from modalloc_model.designs.mail.protection import Followed, in_order, neighbour_steps, own_steps
from modalloc_model.engine.solvers import settle
from modalloc_model.params import ParamSet, Section
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import Condition, Subject
from modalloc_model.words import evaluate, truth
from tests.properties.test_rules_and_runs import drawn_tables, holds, leaned_on_hold

FINAL = {"text": "r-x", "data": "rw-", "rodata": "r--", "ro-after-init": "rw-"}


@dataclass(frozen=True)
class Page:
    """What a page allows, how far its extent has come, and whether a seal took write permission."""

    letters: str
    filled: bool
    loaded: bool
    sealed: bool
    stale: bool

    def given(self, letters: str) -> Page:
        return replace(self, letters=letters, stale=False)

    def without_write(self) -> Page:
        had = self.letters[1] == "w"
        return replace(self, letters=self.letters[0] + "-" + self.letters[2], stale=self.stale or had)

    @property
    def term(self) -> Followed:
        rights = (truth(letter != "-") for letter in self.letters)
        return Followed(*rights, *(truth(x) for x in (self.filled, self.loaded, self.sealed, self.stale)))


def pages() -> Iterator[Page]:
    for rights in product("r-", "w-", "x-"):
        for filled, loaded, sealed, stale in product((False, True), repeat=4):
            yield Page("".join(rights), filled, loaded, sealed, stale)


def read(found: Followed) -> Page:
    letters = "".join(x if evaluate(found.letter(x)) else "-" for x in "rwx")
    progress = (bool(evaluate(x)) for x in (found.filled, found.loaded, found.sealed, found.stale))
    return Page(letters, *progress)


@dataclass(frozen=True)
class Plain:
    """A table's one root and a section, in plain values."""

    table: ParamSet
    section: Section

    def __getattr__(self, name: str) -> bool:
        return bool(evaluate(getattr(self.table.types[0], name)))

    @property
    def mapped(self) -> str:
        protection = self.table.types[0].protection
        rights = (protection.read, protection.write, protection.execute)
        return "".join(x if evaluate(term) else "-" for x, term in zip("rwx", rights, strict=True))

    @property
    def by_loader(self) -> bool:
        return self.table.assumptions.protect == "by-loader"

    @property
    def restored(self) -> bool:
        return self.table.assumptions.free_access == "restored"

    @property
    def is_sealed(self) -> bool:
        return self.seals or (self.by_loader and self.section.kind == "ro-after-init")

    @property
    def final(self) -> str:
        return FINAL[self.section.kind] if self.by_loader else self.mapped

    def opens(self, what: str) -> bool:
        assumed = self.table.assumptions.protect == "after-fill" if what == "fill" else self.restored
        return assumed and not getattr(self, what) and self.mapped[1] == "-"

    def own(self, page: Page) -> dict[str, tuple[bool, Page]]:
        """Each step of the extent itself: whether it may happen, and what the page is then."""
        fresh = replace(page, filled=False, loaded=False, sealed=False)
        can_fill = self.fill or self.opens("fill") or page.letters[1] == "w"
        filled = page.given(self.mapped) if self.opens("fill") else page
        loaded = page.given(self.final) if self.by_loader else page
        changed = page.sealed or (self.by_loader and page.loaded)
        reset = (self.restored and changed) or self.opens("invalidate")
        return {
            "map": (True, fresh.given(self.mapped)),
            "fill": (not page.filled and can_fill, replace(filled, filled=True)),
            "loaded": (page.filled and not page.loaded, replace(loaded, loaded=True)),
            "seal": (page.loaded and self.is_sealed, replace(page.without_write(), sealed=True)),
            "free, and used again": (self.reuses, fresh.given(self.mapped) if reset else fresh),
        }

    def beside(self, page: Page, shared: bool) -> dict[str, tuple[bool, Page]]:
        """What an extent of the section does to a page in which it has bytes too."""
        opened, closed = page.given("rw-"), page.given(self.mapped)
        back = self.restored and (self.is_sealed or self.by_loader)
        steps = {
            "opened to fill": (self.opens("fill"), opened),
            "closed after fill": (self.opens("fill"), closed),
            "given its final protection": (self.by_loader, page.given(self.final)),
            "sealed": (self.is_sealed, page.without_write()),
            "restored to be freed": (back, closed),
            "opened to free": (self.opens("invalidate"), opened),
            "closed after free": (self.opens("invalidate"), closed),
        }
        return {f"neighbour {name}": (shared and enabled, after) for name, (enabled, after) in steps.items()}


def plain_tables() -> Iterator[Plain]:
    for params, _ in drawn_tables()[:30]:
        for section in params.sections:
            yield Plain(params, section)


def seen(steps: Iterator[Any]) -> dict[str, tuple[bool, Page]]:
    return {step.name: (bool(evaluate(step.enabled)), read(step.after)) for step in steps}


def test_micro_steps_are_section_3_of_the_semantics() -> None:
    some = list(pages())
    for number, plain in enumerate(plain_tables()):
        table, root = plain.table, plain.table.types[0]
        for page in some[number % 17 :: 17]:
            assert seen(own_steps(table, root, plain.section, page.term)) == plain.own(page)
            shared = evaluate(root.alignment) < evaluate(table.machine.page)
            assert seen(neighbour_steps(table, root, plain.section, page.term)) == plain.beside(page, shared)


def test_only_free_memory_may_be_anothers_next() -> None:
    plain = next(plain_tables())
    steps = own_steps(plain.table, plain.table.types[0], plain.section, Followed.anything())
    assert [step.name for step in steps if step.frees] == ["free, and used again"]


def test_progress_goes_in_order_and_a_seal_leaves_traces_only_where_something_seals() -> None:
    for plain in plain_tables():
        table, root = plain.table, plain.table.types[0]
        sealed_here = any(Plain(table, section).is_sealed for section in table.sections)
        for page in pages():
            expected = (
                page.filled >= page.loaded >= page.sealed
                and plain.is_sealed >= page.sealed
                and sealed_here >= page.stale
            )
            assert bool(evaluate(in_order(table, root, plain.section, page.term))) is expected


# -- what is said of a page, and of its steps ------------------------------------------------------------------------

NEEDED = {"text": "x", "data": "rw", "rodata": "r", "ro-after-init": "rw"}


def kept(letter: str, of: Plain, page: Page) -> bool:
    """The page allows what it was given, or a seal is why not."""
    given = (of.mapped if not of.by_loader else of.final if page.loaded else "").find(letter) >= 0
    return not given or letter in page.letters or (letter == "w" and page.sealed)


def copyable(own: Plain, of: Plain, page: Page) -> bool:
    waiting = page.loaded or "w" not in own.mapped or "w" in page.letters
    return own.fill or own.opens("fill") or (waiting and kept("w", of, page))


def erasable(own: Plain, of: Plain, page: Page) -> bool:
    given = of.final if page.loaded else own.mapped
    return own.invalidate or own.opens("invalidate") or "w" not in given or "w" in page.letters or page.stale


def can_be_erased(own: Plain, of: Plain, page: Page) -> bool:
    restored = own.restored and (page.sealed or (own.by_loader and page.loaded)) and "w" in own.mapped
    return own.invalidate or own.opens("invalidate") or restored or "w" in page.letters or page.stale


def w_xor_x(own: Plain, of: Plain, page: Page) -> bool:
    may_be_written = own.section.kind != "text" or not (
        (not own.by_loader) or (of.section.kind == "text" and page.loaded)
    )
    return "w" not in page.letters or ("x" not in page.letters and may_be_written)


def read_only(own: Plain, of: Plain, page: Page) -> bool:
    if own.section.kind == "ro-after-init":
        return not (page.sealed and "w" in page.letters)
    return "w" not in page.letters or (own.by_loader and not (of.section.kind == "rodata" and page.loaded))


def not_executable(own: Plain, of: Plain, page: Page) -> bool:
    return "x" not in page.letters or (of.section.kind == "text" and own.by_loader and page.loaded)


Said = Callable[[Plain, Plain, Page], bool]
SAID: dict[str, tuple[Said, Said]] = {
    "MAP006": (
        lambda own, of, page: all(kept(letter, of, page) for letter in NEEDED[own.section.kind]),
        lambda own, of, page: (
            not page.loaded or all(x in page.letters or (x == "w" and page.sealed) for x in NEEDED[own.section.kind])
        ),
    ),
    "ROI001": (lambda own, of, page: not (page.sealed and "w" in page.letters),) * 2,
    "ROI003": (
        lambda own, of, page: kept("w", of, page),
        lambda own, of, page: not page.loaded or page.sealed or "w" in page.letters,
    ),
    "ROI004": (
        lambda own, of, page: not page.stale or "w" not in own.mapped or page.sealed,
        lambda own, of, page: (
            (not page.sealed or own.restored or own.invalidate)
            and (page.filled or not page.stale or "w" not in own.mapped)
        ),
    ),
    "PRT001": (
        copyable,
        lambda own, of, page: page.filled or own.fill or own.opens("fill") or "w" in page.letters,
    ),
    "PRT002": (erasable, can_be_erased),
    "PRT003": (w_xor_x, w_xor_x),
    "PRT004": (
        read_only,
        lambda own, of, page: (
            read_only(own, of, page) and (own.section.kind != "ro-after-init" or own.section.init or own.is_sealed)
        ),
    ),
    "PRT005": (not_executable, not_executable),
}
"""What each rule's invariant says, and what its conclusion says, of a page of a root with such a subject."""


def two_sections() -> Iterator[tuple[Plain, Plain]]:
    """Drawn tables: the subject, and a section whose extent the page belongs to."""
    for params, _ in drawn_tables()[:40]:
        for own, of in product(params.sections, repeat=2):
            yield Plain(params, own), Plain(params, of)


@pytest.mark.parametrize("rule", LIVES)
def test_a_statement_about_a_page_is_that_of_plain_truth_values(rule: str) -> None:
    some = list(pages())
    for number, (own, of) in enumerate(two_sections()):
        life = Life(own.table, own.table.types[0], own.section)
        for page in some[number % 11 :: 11]:
            for statement, said in zip(LIVES[rule], SAID[rule], strict=True):
                found = bool(evaluate(truth(statement(life, of.section, page.term))))
                assert found is bool(said(own, of, page)), (own, of, page)


def first_of_each_kind(own: Plain) -> list[Plain]:
    kinds: dict[str, Plain] = {}
    for section in (own.section, *own.table.sections):
        kinds.setdefault(section.kind, Plain(own.table, section))
    return list(kinds.values())


def is_invariant(rule: str, own: Plain, of: Plain, page: Page) -> bool:
    in_order = page.filled >= page.loaded >= page.sealed and of.is_sealed >= page.sealed
    seals = any(Plain(own.table, section).is_sealed for section in own.table.sections)
    return SAID[rule][0](own, of, page) and in_order and seals >= page.stale


def survives(rule: str, own: Plain, page: Page) -> tuple[bool, bool]:
    """Whether the invariant is kept from this page on: by an extent's own steps, and by those of its neighbours."""
    everyone = first_of_each_kind(own)
    shared = bool(evaluate(own.table.types[0].alignment) < evaluate(own.table.machine.page))
    by_itself = by_others = True
    for of in everyone:
        if is_invariant(rule, own, of, page):
            for name, (enabled, after) in of.own(page).items():
                heirs = everyone if name == "free, and used again" else [of]
                by_itself &= not enabled or all(is_invariant(rule, own, heir, after) for heir in heirs)
            for enabled, after in (step for acting in everyone for step in acting.beside(page, shared).values()):
                by_others &= not enabled or is_invariant(rule, own, of, after)
    return by_itself, by_others


def named(page: Page) -> dict[str, int]:
    rights = {name: letter != "-" for name, letter in zip(("read", "write", "execute"), page.letters, strict=True)}
    progress = {name: getattr(page, name) for name in ("filled", "loaded", "sealed", "stale")}
    return {f"page.{name}": int(value) for name, value in {**rights, **progress}.items()}


@pytest.mark.parametrize("rule", LIVES)
def test_the_obligations_of_a_life_say_that_every_step_keeps_the_invariant(rule: str) -> None:
    some, met = list(pages()), Counter[tuple[bool, bool]]()
    for number, (params, _) in enumerate(drawn_tables()[:24]):
        own = Plain(params, params.sections[number % 2])
        obligations = list(lives(rule, Life(params, params.types[0], own.section), params.sections))
        for page in some[number % 5 :: 5]:
            kept_by = survives(rule, own, page)
            assert tuple(bool(evaluate(o.goal, named(page))) for o in obligations[:2]) == kept_by, (own, page)
            known, goal = obligations[2].hypotheses["invariant"], obligations[2].goal
            assert bool(evaluate(known, named(page))) is is_invariant(rule, own, own, page)
            assert bool(evaluate(goal, named(page))) is bool(SAID[rule][1](own, own, page))
            met[kept_by] += 1
    assert met[(True, True)] and len(met) > 1


# -- proofs ----------------------------------------------------------------------------------------------------------


def subjects(rule: str, params: ParamSet) -> Iterator[tuple[Subject, Section]]:
    """Each subject of the rule with every section that its theorem is about."""
    for subject in RULES[rule].each(params):
        if not isinstance(RULES[rule].of(params, subject), Condition):
            continue
        own = [part for part in subject.parts if isinstance(part, Section)]
        yield from ((subject, section) for section in own or params.sections)


def proved(rule: str, params: ParamSet, section: Section) -> bool:
    life = Life(params, params.types[0], section)
    return all(settle(o.query()).status == "unsat" for o in lives(rule, life, params.sections))


@pytest.mark.parametrize("rule", LIVES)
def test_the_proof_goes_through_where_the_rule_holds_and_not_where_a_run_goes_wrong(rule: str) -> None:
    met: Counter[bool] = Counter()
    for params, wrong in drawn_tables()[:45]:
        for subject, section in subjects(rule, params):
            right = holds(rule, params, subject) and leaned_on_hold(rule, params, subject)
            broken = (rule, subject.name) in wrong and len(list(subject.parts)) > 1
            if (right or broken) and met[right] < 10:
                assert proved(rule, params, section) is right, (subject.name, params.types[0], params.assumptions)
                met[right] += 1
    assert met[True] > 3
    assert met[False] > 3 or rule.startswith("ROI")


@pytest.mark.parametrize("rule", LIVES)
def test_a_life_has_three_obligations(rule: str) -> None:
    params = drawn_tables()[0][0]
    section = params.sections[0]
    found = list(lives(rule, Life(params, params.types[0], section), params.sections))
    assert [(o.name, o.kind, list(o.hypotheses)) for o in found] == [
        (f"{section.name}: an extent's own steps", "step", []),
        (f"{section.name}: the steps of others in its pages", "step", []),
        (section.name, "conclusion", ["invariant"]),
    ]
