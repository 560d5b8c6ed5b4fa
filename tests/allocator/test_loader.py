"""The life of a module, as its events tell it.

Without it, a load that fails half-way could keep memory, or a seal come at the wrong time.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from modalloc_model.allocator import Event, Lowest
from modalloc_model.concrete import ConcreteRange
from modalloc_model.designs.mail.allocator import Collision, Fault
from modalloc_model.designs.mail.bench import operations_per_second
from modalloc_model.designs.mail.loader import Loader, Phase, Request
from modalloc_model.params import Assumptions
from tests.allocator.tables import BASE, PAGE, PMD, root, table


def kinds(events: list[Event]) -> list[str]:
    return [event.kind.value for event in events]


def test_a_load_that_fails_rolls_back_in_reverse_and_leaves_nothing() -> None:
    two_pages = ConcreteRange(BASE, BASE + 2 * PAGE - 1)
    events: list[Event] = []
    loader = Loader(table(root("DATA", ranges=[two_pages])), events=events)
    holes = list(loader.allocator.arbiters["DATA"].holes())
    assert not loader.load("a", [Request("DATA", 1), Request("DATA", 2), Request("DATA", 3)])
    assert [event.lo for event in events if event.kind == "free"] == [BASE + PAGE, BASE]
    assert loader.phase("a") is Phase.GONE
    assert list(loader.allocator.arbiters["DATA"].holes()) == holes
    assert loader.load("a", [Request("DATA", 2 * PAGE)])


def test_the_end_of_init_seals_everything_before_it_frees() -> None:
    events: list[Event] = []
    params = table(root("RODATA_AFTER_INIT", seals=True), root("DATA"), sections={"INITDATA": "DATA"})
    loader = Loader(params, events=events)
    loader.load("a", [Request(name, 1) for name in ("INITDATA", "RODATA_AFTER_INIT", "RODATA_AFTER_INIT")])
    events.clear()
    loader.finish_init("a")
    assert kinds(events) == ["sealed", "sealed", "seal", "seal", "free", "unmap", "phase"]
    assert [extent.section for extent in loader.allocator.live()] == ["RODATA_AFTER_INIT"] * 2


def test_filling_opens_and_closes_pages_under_after_fill() -> None:
    events: list[Event] = []
    params = table(root("RODATA", "r--"), assume=Assumptions(protect="after-fill"))
    Loader(params, events=events).load("a", [Request("RODATA", 1)])
    steps = [(event.kind.value, event.before, event.after) for event in events if event.kind in ("protect", "fill")]
    assert steps == [("protect", "r--", "rw-"), ("fill", "", ""), ("protect", "rw-", "r--")]


def test_the_loader_protects_by_kind_and_restores_before_it_frees() -> None:
    events: list[Event] = []
    params = table(root("TEXT", "rw-"), assume=Assumptions(protect="by-loader", free_access="restored"))
    loader = Loader(params, events=events)
    loader.load("a", [Request("TEXT", 1)])
    loader.unload("a")
    changes = [(event.before, event.after, event.note) for event in events if event.kind == "protect"]
    assert changes == [("rw-", "r-x", "given by the loader"), ("r-x", "rw-", "restored for free")]


def test_free_space_has_the_protection_of_its_table_again() -> None:
    slots = root("RODATA", "r--", granularity=PMD, alignment=PAGE, fill=True)
    loader = Loader(table(slots, assume=Assumptions(free_access="restored")), Lowest(release=False))
    loader.load("a", [Request("RODATA", 1)])
    loader.unload("a")
    assert [protection for _, protection in loader.allocator.pages.runs(BASE, BASE)] == ["r--"]


def test_after_init_data_is_sealed_by_hand_where_the_loader_protects() -> None:
    params = table(root("RODATA_AFTER_INIT"), root("DATA"), assume=Assumptions(protect="by-loader"))
    loader = Loader(params)
    loader.load("a", [Request("RODATA_AFTER_INIT", 1), Request("DATA", 1)])
    loader.finish_init("a")
    assert [(e.section, e.sealed) for e in loader.allocator.live()] == [("RODATA_AFTER_INIT", True), ("DATA", False)]


def test_an_empty_block_is_kept_or_given_back_as_the_policy_says() -> None:
    params = table(root("DATA", granularity=PMD, alignment=PAGE))
    for release in (True, False):
        loader = Loader(params, Lowest(release=release))
        loader.load("a", [Request("DATA", 1)])
        loader.unload("a")
        assert len(loader.allocator.blocks()) == (0 if release else 1)


def test_a_fault_ends_the_run() -> None:
    loader = Loader(table(root("RODATA", "r--"), root("DATA")))
    with pytest.raises(Fault, match="fill of RODATA of a") as fault:
        loader.load("a", [Request("RODATA", 1)])
    assert (fault.value.lo, fault.value.last) == (BASE, BASE + PAGE - 1)
    with pytest.raises(ValueError, match="the run has ended"):
        loader.load("b", [Request("DATA", 1)])


def test_operations_out_of_phase_are_refused() -> None:
    loader = Loader(table(root("DATA")))
    loader.load("a", [Request("DATA", 1)])
    with pytest.raises(ValueError, match="module a is init, not gone"):
        loader.load("a", [Request("DATA", 1)])
    with pytest.raises(ValueError, match="module b is gone, not init"):
        loader.finish_init("b")
    with pytest.raises(KeyError):
        loader.load("c", [Request("NO_SUCH_SECTION", 1)])


def test_private_arbiters_know_nothing_of_each_other() -> None:
    params = table(root("TEXT", "rwx"), root("DATA"), assume=Assumptions(arbiter="private"))
    loader = Loader(params)
    loader.load("a", [Request("TEXT", 1)])
    with pytest.raises(Collision, match=r"a block of DATA at .0x80000000, 0x80000fff. meets one at .0x80000000"):
        loader.load("b", [Request("DATA", 1)])
    assert [(extent.lo, extent.root) for extent in loader.allocator.live()] == [(BASE, "TEXT")]
    with pytest.raises(ValueError, match="the run has ended"):
        loader.unload("a")


def test_a_guard_page_keeps_blocks_apart() -> None:
    loader = Loader(table(root("DATA"), assume=Assumptions(guard="page")))
    loader.load("a", [Request("DATA", 1), Request("DATA", 1)])
    assert [extent.lo for extent in loader.allocator.live()] == [BASE, BASE + 2 * PAGE]


def test_the_executable_allocator_needs_no_solver() -> None:
    script = (
        "import sys, modalloc_model.allocator; sys.exit(any(m.split('.')[0] == 'z3' or '.smt' in m or '.engine' in m"
    )
    script += " or '.properties' in m for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_benchmark_counts_something() -> None:
    assert operations_per_second(20, 50) > 0
