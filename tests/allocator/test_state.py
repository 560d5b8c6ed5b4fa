"""Pages, the arbiter, the pool and the policies, each for itself.

Without it, a failure of a part would show only in long runs, and not say where.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modalloc_model.allocator import BestFit, ClosedPlacement, Highest, Lowest, Random, Scripted
from modalloc_model.allocator.pages import PageChange, Pages
from modalloc_model.allocator.placement import Fit
from modalloc_model.concrete import ConcreteRange
from modalloc_model.designs.arbiter.executable import Arbiter
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.designs.mail.pool import Block, Pool
from modalloc_model.params import Assumptions
from tests.allocator.tables import BASE, PAGE, PMD, root, table

LETTERS = ("rwx", "rw-", "r-x", "r--")


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["map", "unmap", "protect", "seal"]), st.integers(0, 200), st.integers(0, 60)),
        max_size=30,
    ),
    st.integers(0, 3),
)
def test_pages_do_what_a_dict_of_pages_does(operations: list[tuple[str, int, int]], turn: int) -> None:
    pages, plain = Pages(8), dict[int, str]()
    for number, (operation, lo, length) in enumerate(operations):
        letters, last = LETTERS[(number + turn) % 4], lo + length
        touched = range(lo // 8, last // 8 + 1)
        if operation == "map":
            pages.map(lo, last, letters)
            plain |= dict.fromkeys(touched, letters)
        elif operation == "unmap":
            pages.unmap(lo, last)
            plain = {page: found for page, found in plain.items() if page not in touched}
        elif operation == "protect":
            pages.protect(lo, last, letters)
            plain |= {page: letters for page in touched if page in plain}
        else:
            pages.seal(lo, last)
            plain |= {page: plain[page].replace("w", "-") for page in touched if page in plain}
        unwritable = [page for page in touched if "w" not in plain.get(page, "---")]
        found = pages.unwritable(lo, last)
        assert (found and found[0] // 8) == (unwritable[0] if unwritable else None)
    assert {p: x for (lo, last), x in pages.runs(0, 4096) for p in range(lo // 8, (last + 1) // 8)} == plain


def test_a_seal_of_terabytes_is_one_change() -> None:
    pages = Pages(PAGE)
    pages.map(0, (1 << 44) - 1, "rw-")
    assert pages.seal(1 << 40, (1 << 43) - 1) == [PageChange(1 << 40, (1 << 43) - 1, "rw-", "r--")]
    assert pages.seal(1 << 40, (1 << 43) - 1) == []


def test_a_seal_takes_whole_pages() -> None:
    pages = Pages(PAGE)
    pages.map(0, 2 * PAGE - 1, "rw-")
    pages.seal(PAGE - 1, PAGE)
    assert pages.unwritable(0, 0) == (0, PAGE - 1)
    assert pages.unwritable(2 * PAGE - 1, 2 * PAGE - 1) == (PAGE, 2 * PAGE - 1)


def test_unmapped_pages_stay_unmapped_when_protected() -> None:
    pages = Pages(PAGE)
    assert pages.protect(0, PAGE - 1, "rwx") == []
    assert pages.unwritable(0, 0) == (0, PAGE - 1)


def test_registered_regions_may_overlap_and_may_be_empty() -> None:
    regions = (ConcreteRange(10, 30), ConcreteRange(20, 40), ConcreteRange(9, 5), ConcreteRange(250, 300))
    assert list(Arbiter(8, regions).holes()) == [(0, 9), (41, 249)]


def test_a_hole_that_the_range_cuts_is_measured_inside_it() -> None:
    arbiter = Arbiter(16)
    assert [f.place for f in arbiter.fits(16, 16, ConcreteRange(100, 127))] == [112]
    assert not list(arbiter.fits(17, 16, ConcreteRange(100, 127)))


def test_an_alignment_that_wraps_at_the_top_finds_no_place() -> None:
    assert not list(Arbiter(8).fits(1, 16, ConcreteRange(241, 255)))
    assert [f.place for f in Arbiter(8).fits(16, 16, ConcreteRange(240, 255))] == [240]


def test_a_block_with_its_guard_never_fills_the_whole_address_space() -> None:
    everywhere = root("DATA", granularity=4, alignment=4, ranges=[ConcreteRange(0, 255)])
    guarded = table(everywhere, bits=8, page=4, assume=Assumptions(guard="page"))
    assert Allocator(guarded).alloc("DATA", 252, "m") is None
    assert Allocator(guarded).alloc("DATA", 248, "m") is not None


@pytest.mark.parametrize(("granularity", "alignment"), [(0, 1), (1, 0), (0, 0), (0, PAGE)])
def test_a_granularity_or_alignment_of_zero_refuses_everything(granularity: int, alignment: int) -> None:
    params = table(root("DATA", granularity=granularity, alignment=alignment))
    assert Allocator(params).alloc("DATA", 1, "m") is None


def test_a_size_of_zero_and_one_that_wraps_are_refused() -> None:
    allocator = Allocator(table(root("DATA")))
    assert allocator.alloc("DATA", 0, "m") is None
    assert allocator.alloc("DATA", (1 << 32) - 1, "m") is None


def pool_with_free(lo: int, last: int, alignment: int) -> Pool:
    """A pool of 8-bit addresses with one free extent."""
    pool = Pool(root("DATA", granularity=200, alignment=alignment), 8)
    pool.add_block(Block("DATA", 0, 255), lo)
    if last < 255:
        pool.carve(Fit(last + 1, lo, 255), 255)
    return pool


def test_a_free_extent_is_measured_from_its_aligned_place() -> None:
    assert [f.place for f in pool_with_free(17, 63, 16).fits(32)] == [32]
    assert not list(pool_with_free(17, 62, 16).fits(32))


def test_a_free_extent_whose_aligned_place_wraps_does_not_fit() -> None:
    assert not list(pool_with_free(250, 255, 16).fits(1))


def test_freed_neighbours_of_another_block_stay_apart() -> None:
    allocator = Allocator(table(root("DATA", granularity=PMD, alignment=PAGE)), Lowest(release=False))
    first = allocator.alloc("DATA", PMD, "m")
    second = allocator.alloc("DATA", PMD, "m")
    assert first and second
    allocator.free(second)
    allocator.free(first)
    assert [(tile.lo, tile.last) for tile in allocator.tiles()] == [(BASE, BASE + PMD - 1), (second.lo, second.last)]


FITS = (Fit(0, 0, 99), Fit(200, 200, 219), Fit(300, 300, 319), Fit(400, 400, 499))


def test_policies_choose_as_their_names_say() -> None:
    assert Lowest().choose(iter(FITS)) == FITS[0]
    assert Highest().choose(iter(FITS)) == FITS[3]
    assert BestFit().choose(iter(FITS)) == FITS[1]
    assert Random(random.Random(1)).choose(iter(FITS)) in FITS


@pytest.mark.parametrize("policy", [Lowest(), Highest(), BestFit(), Random(random.Random(1)), Scripted([5])])
def test_no_policy_chooses_where_nothing_fits(policy: Lowest) -> None:
    policy.request()
    assert policy.choose(iter(())) is None


def test_a_seed_gives_the_same_places_again() -> None:
    runs = [[Random(random.Random(7)).choose(iter(FITS)) for _ in range(3)] for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_script_is_held_to_what_is_open() -> None:
    script = Scripted([300, 301, None])
    script.request()
    assert script.choose(iter(FITS)) == FITS[2]
    script.request()
    with pytest.raises(ClosedPlacement, match="0x12d, which is not open; 0x0 is"):
        script.choose(iter(FITS))
    script.request()
    with pytest.raises(ClosedPlacement, match="says refused, but 0x0 is open"):
        script.choose(iter(FITS))
    with pytest.raises(ClosedPlacement, match="more allocations"):
        script.request()
