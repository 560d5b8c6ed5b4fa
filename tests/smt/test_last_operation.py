"""What a symbolic run says of its last operation, with sizes given: pages, writes, extents and requests.

Without it, a violation in the last step could be searched for in the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from modalloc_model.conformance.symbolic import fix_values, holds, value
from modalloc_model.designs.design import Matter
from modalloc_model.designs.mail.run_pages import Assignment, page_at, writable_throughout
from modalloc_model.designs.mail.runs import (
    Fault,
    Refused,
    Run,
    failed_load,
    finish_init,
    load,
    load_both,
    room_for,
    start,
    unload,
    written_before,
)
from modalloc_model.designs.mail.violations import violated
from modalloc_model.params import Assumptions, ParamSet, Protection, Reach, Section
from modalloc_model.smt.spans import Span
from modalloc_model.words import FALSE, TRUE, evaluate, substitute, truth, variables
from tests.properties.toy import PAGE, PMD, TOP, alloc_type, region, table, word

SECTIONS = {"a.TEXT": "r", "a.DATA": "r", "a.RODATA_AFTER_INIT": "r", "a.INITTEXT": "r"}


def one_root(protect: str = "at-map", access: str = "as-is", **fields: Any) -> ParamSet:
    return table(alloc_type("r", **fields), sections=SECTIONS, assume=Assumptions(protect, access))


def chosen(runs: Iterable[Run], **sizes: int) -> list[Run]:
    """Those that can be taken with these sizes (m_TEXT: of section a.TEXT of module m)."""
    found = {f"{name.partition('_')[0]}.a.{name.partition('_')[2]}.size": size for name, size in sizes.items()}
    return [run for run in (fix_values(run, found) for run in runs) if holds(*run.constraints)]


def section(run: Run, kind: str) -> Section:
    return next(s for s in run.table.sections if s.name == f"a.{kind}")


def loaded(run: Run, kind: str, module: str, size: int) -> Run:
    (found,) = chosen(load(run, section(run, kind), module), **{f"{module}_{kind}": size})
    return found


def letters(run: Run, first: int = 0) -> list[tuple[str, int, int]]:
    """What was done to which pages, from assignment `first` on."""
    found = []
    for done in run.pages[first:]:
        p = done.protection
        rights = (
            "seal"
            if p is None
            else "".join(x if evaluate(t) else "-" for x, t in zip("rwx", (p.read, p.write, p.execute), strict=True))
        )
        found.append((rights, value(done.pages.lo), value(done.pages.last)))
    return found


def writes(run: Run) -> list[tuple[str, str, int, bool]]:
    return [(w.what, w.extent.section.name, len(w.before), holds(w.allowed)) for w in run.writes]


def asked(run: Run) -> tuple[object, ...]:
    last = run.asked[-1]
    size, place = (None if term is None else value(term) for term in (last.size, last.place))
    return last.op, last.module, last.section, size, place


AT = (0x40, 0x47)  # of two pages, or of what is in them


def test_pages_are_opened_to_fill_and_closed_again() -> None:
    run = loaded(start(one_root("after-fill", protection="r-x")), "TEXT", "m", 5)
    assert letters(run) == [("r-x", *AT), ("rw-", *AT), ("r-x", *AT)]
    assert writes(run) == [("fill", "a.TEXT", 2, True)]
    assert asked(run) == ("load", "m", "a.TEXT", 5, 0x40)
    assert (run.since, run.refused, run.sealed_now) == (0, None, ())
    assert [(e.module, e.live, e.sealed, e.number, e.reused) for e in run.held] == [("m", False, False, 0, False)]
    assert [e.block for e in run.held] == [b.span for b in run.blocks]
    assert run.placed == run.held


@pytest.mark.parametrize(
    ("protect", "fields"),
    [("at-map", {}), ("after-fill", {"protection": "rw-"}), ("after-fill", {"protection": "r-x", "fill": True})],
)
def test_pages_are_opened_only_where_that_is_assumed_and_needed(protect: str, fields: dict[str, Any]) -> None:
    run = loaded(start(one_root(protect, **fields)), "TEXT", "m", 5)
    assert len(letters(run)) == 1
    assert len(writes(run)) == (0 if fields.get("fill") else 1)


def test_the_loader_gives_final_protections_after_all_is_filled() -> None:
    run = loaded(start(one_root("by-loader")), "TEXT", "m", 5)
    assert letters(run) == [("rw-", *AT), ("r-x", *AT)]
    assert writes(run) == [("fill", "a.TEXT", 1, True)]
    both = chosen(load_both(start(run.table), (section(run, "TEXT"), section(run, "DATA")), "m"), m_TEXT=5, m_DATA=1)
    first = next(b for b in both if value(b.placed[0].span.lo) == 0x40)
    assert letters(first) == [("rw-", *AT), ("rw-", 0x48, 0x4B), ("r-x", *AT), ("rw-", 0x48, 0x4B)]
    assert writes(first) == [("fill", "a.TEXT", 2, True), ("fill", "a.DATA", 2, True)]
    assert (first.since, len(first.placed), first.placed) == (2, 2, first.held)
    assert [(a.op, a.section) for a in first.asked] == [("load", "a.TEXT"), ("load", "a.DATA")]


def test_what_is_unloaded_gets_its_protection_back_and_goes() -> None:
    run = loaded(start(one_root("by-loader", "restored")), "TEXT", "m", 5)
    gone = unload(run, "m")
    assert letters(gone, 2) == [("rw-", *AT), ("---", *AT)]
    assert writes(gone) == [("free", "a.TEXT", 3, True)]
    assert (gone.since, gone.held, gone.placed, gone.sealed_now, gone.refused) == (2, (), (), (), None)
    assert [block.gone for block in gone.blocks] == [True]
    assert asked(gone) == ("unload", "m", "", None, None)
    as_is = unload(loaded(start(one_root("by-loader")), "TEXT", "m", 5), "m")
    assert letters(as_is, 2) == [("---", *AT)]
    assert writes(as_is) == [("free", "a.TEXT", 2, False)]


def test_pages_are_opened_to_free_and_closed_again() -> None:
    run = loaded(start(one_root("at-map", "restored", protection="r-x", fill=True)), "TEXT", "m", 5)
    assert letters(unload(run, "m"), 1) == [("rw-", *AT), ("r-x", *AT), ("---", *AT)]
    assert writes(unload(run, "m")) == [("free", "a.TEXT", 2, True)]
    run = loaded(start(one_root("at-map", "restored", protection="r-x", fill=True, invalidate=True)), "TEXT", "m", 5)
    assert letters(unload(run, "m"), 1) == [("---", *AT)]
    assert not unload(run, "m").writes


def test_the_end_of_init_seals_and_frees_what_is_only_for_init() -> None:
    run = loaded(start(one_root("at-map", "restored", seals=True)), "TEXT", "m", 5)
    over = finish_init(run, "m")
    assert letters(over, 1) == [("seal", *AT)]
    assert [(e.live, e.sealed) for e in over.held] == [(True, True)] and over.sealed_now == over.held
    assert (over.since, over.placed, over.writes, over.refused) == (1, (), (), None)
    assert asked(over) == ("finish_init", "m", "", None, None)
    gone = unload(over, "m")
    assert letters(gone, 2) == [("rw-", *AT), ("---", *AT)]
    assert gone.sealed_now == () and writes(gone) == [("free", "a.TEXT", 3, True)]
    init = finish_init(loaded(start(one_root("at-map")), "INITTEXT", "m", 5), "m")
    assert init.held == () and letters(init, 1) == [("---", *AT)]
    assert writes(init) == [("free", "a.INITTEXT", 1, True)]
    others = finish_init(loaded(run, "DATA", "n", 1), "n")
    assert [(e.module, e.live, e.sealed) for e in others.held] == [("m", False, False), ("n", True, True)]


def test_only_late_data_is_sealed_by_the_loaders_hand() -> None:
    for kind, sealed in (("RODATA_AFTER_INIT", True), ("DATA", False)):
        over = finish_init(loaded(start(one_root("by-loader")), kind, "m", 1), "m")
        assert [(e.live, e.sealed) for e in over.held] == [(True, sealed)]
        assert len(over.sealed_now) == sealed


def test_a_failed_load_gives_back_what_it_placed_before_it_got_its_final_protection() -> None:
    run = start(one_root("by-loader", "restored"))
    runs = failed_load(run, section(run, "TEXT"), section(run, "DATA"), "m")
    (found,) = chosen(runs, m_TEXT=5, m_DATA=0xFC)
    assert letters(found) == [("rw-", *AT), ("---", *AT)]
    assert writes(found) == [("free", "a.TEXT", 1, True)]
    assert asked(found) == ("load", "m", "a.DATA", 0xFC, None)
    assert [(a.op, a.module, a.section) for a in found.asked] == [("load", "m", "a.TEXT"), ("load", "m", "a.DATA")]
    assert (found.since, found.held, found.sealed_now) == (0, (), ())
    assert [(e.section.name, e.module, value(e.span.lo)) for e in found.placed] == [("a.TEXT", "m", 0x40)]
    assert found.refused is not None
    assert (found.refused.root.name, value(found.refused.size)) == ("r", 0xFC)
    assert [(value(b.span.lo), b.gone) for b in found.refused.blocks] == [(0x40, False)]
    assert [b.gone for b in found.blocks] == [True]
    fits = failed_load(run, section(run, "TEXT"), section(run, "DATA"), "m")
    assert not chosen(fits, m_TEXT=5, m_DATA=8), "there is room for both"
    assert not chosen(failed_load(run, section(run, "TEXT"), section(run, "DATA"), "m"), m_TEXT=5, m_DATA=0)
    assert not chosen(failed_load(run, section(run, "TEXT"), section(run, "DATA"), "m"), m_TEXT=0, m_DATA=0xFC)


def test_each_operation_starts_afresh() -> None:
    table_ = one_root("at-map", "restored", seals=True, granularity=PMD)
    run = loaded(start(table_), "TEXT", "m", 5)
    sealed = finish_init(run, "m")
    refused = loaded(sealed, "DATA", "n", 0xFC)
    assert refused.refused is not None and not refused.placed and not refused.sealed_now and not refused.writes
    assert asked(refused) == ("load", "n", "a.DATA", 0xFC, None)
    assert refused.refused.blocks == refused.blocks
    again = loaded(refused, "DATA", "o", 3)
    assert (again.refused, len(again.placed), again.sealed_now, again.since) == (None, 1, (), 2)
    assert [(e.reused, e.block, e.number) for e in again.placed] == [(True, again.blocks[0].span, 0)]
    assert asked(again) == ("load", "o", "a.DATA", 3, 0x48)
    for after in (unload(refused, "m"), finish_init(refused, "m")):
        assert (after.refused, after.placed) == (None, ())
    (failed,) = chosen(
        failed_load(sealed, section(run, "DATA"), section(run, "TEXT"), "p"), p_DATA=1, p_TEXT=0xFC
    )  # fmt: skip
    assert (failed.sealed_now, failed.since, len(failed.writes)) == ((), 2, 1)
    both = chosen(load_both(sealed, (section(run, "DATA"), section(run, "TEXT")), "p"), p_DATA=1, p_TEXT=1)
    assert all((b.sealed_now, b.refused, len(b.writes)) == ((), None, 2) for b in both) and both
    (faulty,) = chosen(load(start(one_root(protection="r--")), section(run, "TEXT"), "m"), m_TEXT=1)
    assert writes(faulty) == [("fill", "a.TEXT", 1, False)]
    for goes_on in (unload(faulty, "m"), finish_init(faulty, "m"), *load(faulty, section(run, "DATA"), "n")):
        assert FALSE in goes_on.constraints, "a run ends with a fault"


Done = tuple[str, int, int]
"""Letters, or `seal`, and the pages' first and last address."""


def done(*given: Done) -> tuple[Assignment, ...]:
    """New ones each time: an assignment remembers what came before it."""
    return tuple(
        Assignment(Span(word(lo), word(last)), None if letters == "seal" else Protection.of("", letters))
        for letters, lo, last in given
    )


def page(address: int, *given: Done) -> str:
    """What it allows, and `s` where a seal is why it cannot be written."""
    found = page_at(done(*given), word(address))
    rights = zip("rwxs", (found.read, found.write, found.execute, found.stale), strict=True)
    return "".join(x if evaluate(term) else "-" for x, term in rights)


def test_a_page_is_what_was_done_to_it_last() -> None:
    mapped, opened, sealed = ("-w-", 4, 11), ("rwx", 8, 15), ("seal", 4, 11)
    assert page(4) == page(0, mapped, opened, sealed) == "----"
    assert (page(4, mapped), page(8, mapped, opened), page(15, mapped, opened)) == ("-w--", "rwx-", "rwx-")
    assert (page(4, mapped, sealed), page(8, opened, sealed), page(12, opened, sealed)) == ("---s", "r-xs", "rwx-")
    assert (page(4, mapped, sealed, sealed), page(8, ("r-x", 8, 8), sealed)) == ("---s", "r-x-")
    assert (page(8, mapped, sealed, opened), page(4, mapped, sealed, opened)) == ("rwx-", "---s")
    params, pages = one_root(), Span(word(5), word(9))
    for given, writable in (((), False), ((mapped,), True), ((mapped, sealed), False), ((opened,), False)):
        assert bool(evaluate(writable_throughout(params, done(*given), pages))) is writable


def test_nothing_of_the_last_operation_is_left_in_the_next() -> None:
    run = loaded(start(one_root("at-map", seals=True)), "TEXT", "m", 5)
    (old,), text, data = run.held, section(run, "TEXT"), section(run, "DATA")
    fault = Fault("old", old, (), TRUE)
    marked = replace(
        run, writes=(fault,), placed=(old,), sealed_now=(old,), refused=Refused(old.root, word(9), (), TRUE), since=9
    )
    for after in (
        *load(marked, text, "n"), *load_both(marked, (text, data), "n"), *failed_load(marked, text, data, "n"),
        unload(marked, "n"), finish_init(marked, "n"),
    ):  # fmt: skip
        assert fault not in after.writes and old not in (*after.placed, *after.sealed_now)
        assert after.refused is None or after.refused is not marked.refused
        assert after.since in (1, 3), "with two placed, it begins when both are"


def test_nothing_lies_above_what_ends_with_the_address_space() -> None:
    top = table(alloc_type("r", ranges=[(0xF8, TOP), (0x10, 0x1F)]), sections=SECTIONS)
    run = loaded(loaded(start(top), "TEXT", "m", 8), "DATA", "n", 4)
    assert [(e.number, value(e.span.lo)) for e in run.held] == [(0, 0xF8), (1, 0x10)]


def test_a_section_that_is_on_no_root_is_not_loaded() -> None:
    lost = table(alloc_type("r"), alloc_type("q", 7), sections={"a.TEXT": "r", "a.DATA": "q"})
    text, data = lost.sections
    assert list(load(start(lost), data, "m")) == []
    assert list(load_both(start(lost), (text, data), "m")) == []
    assert list(failed_load(start(lost), data, text, "m")) == []
    (found,) = chosen(failed_load(start(lost), text, data, "m"), m_TEXT=1, m_DATA=1)
    assert found.refused is None and asked(found)[2:] == ("a.DATA", 1, None)


def test_writes_before_an_assignment_are_those_that_have_come_by_then() -> None:
    run = loaded(start(one_root(protection="r--")), "TEXT", "m", 5)
    assert [written_before(run, n) for n in range(3)] == [TRUE, TRUE, FALSE]


def test_a_run_starts_in_any_boot_with_nothing() -> None:
    run = start(one_root())
    assert run.constraints == (TRUE,) and run.areas == ()
    taken = table(alloc_type("r"), registered=(region("x", 4, 9),))
    (area,) = start(taken).areas
    assert area[0] is None and (value(area[1].lo), value(area[1].last)) == (4, 9)


def test_a_place_has_room_in_a_range_where_a_fresh_block_fits() -> None:
    root = alloc_type("r", granularity=8, ranges=[(0x42, 0x5F), (0x80, 0x8F)])
    for second, guard in ((True, "none"), (False, "page")):
        params = table(alloc_type("r", granularity=8, ranges=[(0x42, 0x5F), (0x80, 0x8F)], second=second),
            assume=Assumptions(guard=guard), registered=(region("x", 0x50, 0x51),))  # fmt: skip
        root, taken = params.types[0], PAGE if guard == "page" else 0
        for place in range(0x40, 0x94, 2):
            for size in (1, 9, 0xFC):
                block = -(-size // 8) * 8 + taken
                cells = {*range(place, place + block)} if size < 0xF8 else {-1}
                free = [{*range(0x42, 0x60)} - {0x50, 0x51}, {*range(0x80, 0x90)} if second else set()]
                rooms = list(room_for(start(params), root, word(size), word(place)))
                for number in (0, 1):
                    found = any(evaluate(fits) for n, fits in rooms if n == number)
                    assert found is (cells <= free[number]), (place, size, number)


# -- violations --------------------------------------------------------------------------------------------------------

SHORT = Reach("short", "relative", ("text", "kernel"), lowest=-16, highest=20, instruction=2)
NEAR = Reach("near", "relative", ("data",), lowest=-8, highest=12, instruction=3)


def test_what_text_names_out_of_reach_is_a_violation() -> None:
    root = alloc_type("r", granularity=8)
    params = table(root, sections=SECTIONS, image=region("image", 0x60, 0x6F), reach=(SHORT, NEAR))
    run = loaded(start(params), "TEXT", "m", 5)
    run = loaded(loaded(run, "DATA", "n", 3), "TEXT", "n", 4)
    spans = {(e.module, str(e.section.kind)): (value(e.span.lo), value(e.span.last)) for e in run.held}
    assert spans == {("m", "text"): (0x40, 0x47), ("n", "data"): (0x48, 0x4B), ("n", "text"): (0x4C, 0x4F)}
    sizes = {"m": 5, "n": 4}
    for rule, reach in (("RCH001", SHORT), ("RCH002", SHORT), ("RCH003", NEAR)):
        wrong = violated(rule, Matter(params, params.types[0]), run)
        for probe in range(0x3E, 0x52):
            for target in (*range(0x3E, 0x52), 0x5F, 0x60, 0x6F, 0x70):
                held = [
                    m
                    for m in "mn"
                    if spans[m, "text"][0] <= probe <= spans[m, "text"][0] + sizes[m] - reach.instruction
                ]
                aims = {
                    "RCH001": 0x60 <= target <= 0x6F,
                    "RCH002": 0x40 <= target <= 0x47 or 0x4C <= target <= 0x4F,
                    "RCH003": held == ["n"] and 0x48 <= target <= 0x4B,
                }[rule]
                far = not reach.lowest <= target - probe <= reach.highest
                expected = bool(held and aims and far)
                assert bool(evaluate(wrong, {"probe": probe, "target": target})) is expected, (rule, probe, target)


def test_nothing_is_out_of_reach_where_no_rule_no_image_or_no_text_is() -> None:
    for reach, image, kind, rule in (
        ((), region("image", 0xF0, 0xFF), "TEXT", "RCH001"), ((SHORT,), None, "TEXT", "RCH001"),
        ((SHORT,), region("image", 0xF0, 0xFF), "DATA", "RCH001"),
    ):  # fmt: skip
        params = table(alloc_type("r"), sections=SECTIONS, image=image, reach=reach)
        assert violated(rule, Matter(params, params.types[0]), loaded(start(params), kind, "m", 5)) is FALSE


def test_text_that_is_shorter_than_an_instruction_holds_none() -> None:
    for size, holds_one in ((1, False), (2, True)):
        params = table(alloc_type("r"), sections=SECTIONS, image=region("image", 0xC0, 0xCF), reach=(SHORT,))
        run = loaded(start(params), "TEXT", "m", size)
        wrong = violated("RCH001", Matter(params, params.types[0]), run)
        assert bool(evaluate(wrong, {"probe": 0x40, "target": 0xC0})) is holds_one


def test_what_cannot_be_taken_violates_nothing() -> None:
    params = one_root(alignment=3)
    run = loaded(start(params), "TEXT", "m", 5)
    suspect = Matter(params, params.types[0])
    wrong = violated("ALN004", suspect, run)
    assert wrong == truth(value(run.placed[0].span.lo) % 3 != 0)
    assert violated("ALN004", suspect, run.having(False)) is FALSE


def test_a_suspects_own_are_the_extents_of_its_root_and_section() -> None:
    wrong: dict[str, Any] = {"protection": "rwx"}
    types = alloc_type("r", **wrong), alloc_type("q", 1, ranges=[(0x80, 0xBF)], **wrong)
    of_sections = {"a.TEXT": "r", "a.DATA": "r", "b.TEXT": "q"}
    params = table(*types, sections=of_sections, assume=Assumptions(claims=("strict-rwx",)))
    run = start(params)
    for s, module in zip(params.sections, "mno", strict=True):
        run = next(
            r
            for r in (fix_values(x, {f"{module}.{s.name}.size": 1}) for x in load(run, s, module))
            if holds(*r.constraints)
        )
    r, q = params.types

    def own(*suspect: Any) -> list[str]:
        """The modules in whose extents what is writable and executable is the suspect's."""
        wrong = violated("PRT003", Matter(params, *suspect), run)
        return [e.module for e in run.held if holds(substitute(wrong, {"probe": value(e.span.lo)}))]

    assert own(r) == ["m", "n"]
    assert own(q) == ["o"]
    assert own(r, params.sections[1]) == ["n"]
    assert variables(Matter(params, r).probe) == {"probe": Matter(params, r).probe}


def test_after_a_write_that_faults_nothing_faults_any_more() -> None:
    """Of two sections that cannot be filled, the first that is filled faults, and the second never gets to it."""
    run = start(one_root(protection="r--"))
    both = chosen(load_both(run, (section(run, "TEXT"), section(run, "DATA")), "m"), m_TEXT=1, m_DATA=1)
    assert both
    for one in both:
        first, second = (write.extent for write in one.writes)
        for extent, told in ((first, True), (second, False)):
            suspect = Matter(run.table, run.table.types[0], extent.section)
            wrong = violated("PRT001", suspect, one)
            assert holds(substitute(wrong, {"probe": value(extent.span.lo)})) is told
