"""The tree of intervals against a sorted list.

Without it, the allocator could lose an interval, or find the wrong one, after some order of insertions.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modalloc_model.allocator.address_tree import FANOUT, AddressTree

TOP = 4000


def tree_of(*intervals: tuple[int, int]) -> AddressTree:
    tree = AddressTree()
    for lo, last in intervals:
        tree.add(lo, last)
    return tree


def gaps(busy: set[int]) -> list[tuple[int, int]]:
    """The maximal intervals of [0, TOP) that hold nothing busy."""
    free = [x for x in range(TOP) if x not in busy]
    starts = [x for x in free if x == 0 or x - 1 in busy]
    ends = [x for x in free if x == TOP - 1 or x + 1 in busy]
    return list(zip(starts, ends, strict=True))


@settings(derandomize=True, max_examples=15, deadline=None)
@given(seed=st.integers(0, 1 << 32), longest=st.sampled_from([1, 2, 8]))
def test_taking_and_giving_keeps_free_space_maximal_and_ordered(seed: int, longest: int) -> None:
    generator, tree = random.Random(seed), tree_of((0, TOP - 1))
    held: list[tuple[int, int]] = []
    for step in range(1500):
        if held and generator.random() < (0.3 if step < 1000 else 0.8):
            lo, last = held.pop(generator.randrange(len(held)))
            tree.give(lo, last, 0, TOP - 1)
        elif space := list(tree):
            first, end = generator.choice(space)
            lo = generator.randint(first, end)
            held.append((lo, min(end, lo + generator.randrange(longest))))
            tree.take(*held[-1])
    expected = gaps({x for lo, last in held for x in range(lo, last + 1)})
    tree.check()
    assert list(tree) == expected
    for probe in range(0, TOP, 97):
        check_searches(tree, expected, probe)


def check_searches(tree: AddressTree, expected: list[tuple[int, int]], probe: int) -> None:
    below = [x for x in expected if x[0] <= probe]
    assert tree.floor(probe) == (below[-1] if below else None)
    assert tree.find(probe) == (below[-1] if below and below[-1][1] >= probe else None)
    assert tree.predecessor(probe) == next((x for x in reversed(expected) if x[0] < probe), None)
    assert tree.overlapping(probe, probe + 60) == [x for x in expected if x[0] <= probe + 60 and x[1] >= probe]
    for length in (1, 3, 9):
        found = list(tree.candidates(length, probe))
        assert found == [x for x in expected if x[1] >= probe and x[1] - x[0] + 1 >= length]


def test_longest_is_known_after_it_went() -> None:
    tree = tree_of(*((10 * n, 10 * n + n % 7) for n in range(5 * FANOUT)), (10**6, 10**6 + 99))
    assert tree.longest == 100
    tree.remove(10**6)
    assert tree.longest == 7
    tree.check()


def test_shrinking_to_nothing_and_growing_again() -> None:
    tree = AddressTree()
    for _ in range(2):
        for n in range(3 * FANOUT * FANOUT):
            tree.add(2 * n, 2 * n)
        tree.check()
        for n in reversed(range(3 * FANOUT * FANOUT)):
            tree.remove(2 * n)
        tree.check()
        assert len(tree) == 0
        assert tree.longest == 0


@pytest.mark.parametrize("bad", [(10, 20), (5, 10), (20, 25), (15, 16), (5, 25), (9, 8)])
def test_overlapping_and_reversed_intervals_are_refused(bad: tuple[int, int]) -> None:
    tree = tree_of((10, 20))
    with pytest.raises(ValueError, match="overlaps"):
        tree.add(*bad)
    assert list(tree) == [(10, 20)]


def test_overlap_with_the_next_leaf_is_refused() -> None:
    tree = tree_of(*((10 * n, 10 * n + 4) for n in range(4 * FANOUT)))
    for n in range(4 * FANOUT - 1):
        with pytest.raises(ValueError, match="overlaps"):
            tree.add(10 * n + 5, 10 * n + 10)


def test_resize_stays_between_neighbours() -> None:
    tree = tree_of((0, 4), (10, 14), (20, 24))
    tree.resize(10, 5, 19)
    assert list(tree) == [(0, 4), (5, 19), (20, 24)]
    with pytest.raises(ValueError, match="overlaps"):
        tree.resize(5, 4, 19)
    with pytest.raises(ValueError, match="overlaps"):
        tree.resize(5, 5, 20)


def test_giving_merges_inside_the_bounds_alone() -> None:
    tree = tree_of((0, 9), (20, 29))
    assert tree.give(10, 19, 10, 19) == (10, 19)
    assert list(tree) == [(0, 9), (10, 19), (20, 29)]


def test_taking_what_is_not_there_is_refused() -> None:
    tree = tree_of((10, 20))
    for lo, last in ((9, 12), (12, 21), (30, 31), (15, 14)):
        with pytest.raises(ValueError, match="no interval holds"):
            tree.take(lo, last)
    with pytest.raises(ValueError, match="no interval begins"):
        tree.remove(11)


def test_searches_find_what_a_list_finds_in_a_tree_of_several_levels() -> None:
    intervals = [(10 * n, 10 * n + n % 9) for n in range(6 * FANOUT)]
    tree = tree_of(*intervals)
    for probe in (0, 1, 9, 10, 15, 637, 640, 645, 1279, 1280, 2555, 3829, 3839, 3840, 3999):
        check_searches(tree, intervals, probe)
    assert list(tree) == intervals
    assert tree.predecessor(0) is None
    assert tree.floor(-1) is None
    assert list(tree.candidates(10)) == []
    tree.check()
