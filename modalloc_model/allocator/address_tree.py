"""A set of disjoint intervals [lo, last] ordered by address, with a search for the lowest that is long enough.

A B+-tree whose nodes store the longest interval below them, like the kernel's augmented `free_vmap_area_root`
(mm/vmalloc.c: `subtree_max_size`, `find_vmap_lowest_match()`): a search skips every subtree without room. Short lists
and `bisect` replace the red-black tree. Bounds are addresses in bytes; the last byte is included.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

Interval: TypeAlias = tuple[int, int]

FANOUT = 64
"""The most entries of a node: so few that a list insertion and a `max()` are cheap."""

FEWEST = FANOUT // 4
"""The fewest entries of a node other than the root; a quarter, so that a free and an alloc do not merge and split."""

_ANY_LENGTH = 1 << 128  # longer than any interval: the removed entry may have been the longest


class TreeNode:
    """A leaf (`lasts` beside `keys`) or an inner node (`children` beside `keys`)."""

    __slots__ = ("children", "following", "keys", "lasts", "longest")

    def __init__(self, keys: list[int], longest: list[int], lasts: list[int], children: list[TreeNode]) -> None:
        self.keys = keys  # the first address of each entry
        self.longest = longest  # the length of each interval; of the longest one below each child
        self.lasts = lasts
        self.children = children
        self.following: TreeNode | None = None  # the next leaf by address

    @classmethod
    def above(cls, children: list[TreeNode]) -> TreeNode:
        """The inner node with these children."""
        return cls([c.keys[0] for c in children], [max(c.longest) for c in children], [], children)

    def split(self) -> TreeNode:
        """Keep the lower half, return the upper."""
        half = len(self.keys) // 2
        upper = TreeNode(self.keys[half:], self.longest[half:], self.lasts[half:], self.children[half:])
        del self.keys[half:], self.longest[half:], self.lasts[half:], self.children[half:]
        if not self.children:
            upper.following, self.following = self.following, upper
        return upper

    def absorb(self, right: TreeNode) -> None:
        """Take over all entries of the next node."""
        self.keys += right.keys
        self.longest += right.longest
        self.lasts += right.lasts
        self.children += right.children
        self.following = right.following

    def replace(self, first: int, stop: int, children: list[TreeNode]) -> None:
        """Put `children` in the place of the children first .. stop - 1."""
        self.keys[first:stop] = [c.keys[0] for c in children]
        self.longest[first:stop] = [max(c.longest) for c in children]
        self.children[first:stop] = children


Path: TypeAlias = list[tuple[TreeNode, int]]


class AddressTree:
    """Disjoint intervals ordered by address. Every operation is O(log n).

    An overlapping, reversed or unknown interval raises ValueError and leaves the tree unchanged.
    """

    __slots__ = ("_count", "_root")

    def __init__(self) -> None:
        self._root = TreeNode([], [], [], [])
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Interval]:
        leaf: TreeNode | None = self._root
        while leaf and leaf.children:
            leaf = leaf.children[0]
        while leaf:
            yield from zip(leaf.keys, leaf.lasts, strict=True)
            leaf = leaf.following

    # -- queries ----------------------------------------------------------------------------------------------------

    @property
    def longest(self) -> int:
        """The length in bytes of the longest interval; 0 if there is none."""
        return max(self._root.longest, default=0)

    def floor(self, address: int) -> Interval | None:
        """The last interval that begins at or below the address; None if there is none."""
        leaf = self._leaf(address)
        index = bisect_right(leaf.keys, address) - 1
        return (leaf.keys[index], leaf.lasts[index]) if index >= 0 else None

    def find(self, address: int) -> Interval | None:
        """The interval that holds the address."""
        below = self.floor(address)
        return below if below and address <= below[1] else None

    def predecessor(self, address: int) -> Interval | None:
        """The last interval that begins below the address."""
        return self.floor(address - 1)

    def overlapping(self, lo: int, last: int) -> list[Interval]:
        """The intervals that have a byte in [lo, last], in address order."""
        leaf: TreeNode | None = self._leaf(lo)
        found: list[Interval] = []
        index = _start(leaf, lo) if leaf else 0
        while leaf and index < len(leaf.keys) and leaf.keys[index] <= last:
            if leaf.lasts[index] >= lo:
                found.append((leaf.keys[index], leaf.lasts[index]))
            index += 1
            if index == len(leaf.keys):
                leaf, index = leaf.following, 0
        return found

    def candidates(self, length: int, lo: int = 0) -> Iterator[Interval]:
        """The intervals of at least `length` bytes that end at or above `lo`, in address order.

        Lazy: the tree must not be changed while it runs.
        """
        stack = [(self._root, _start(self._root, lo))]
        while stack:
            node, index = stack.pop()
            children = node.children
            for index, longest in enumerate(node.longest[index:], index):  # noqa: B020 - from where it stands
                if longest < length:
                    continue
                if children:
                    stack.append((node, index + 1))
                    stack.append((children[index], _start(children[index], lo)))
                    break
                if node.lasts[index] >= lo:
                    yield node.keys[index], node.lasts[index]

    # -- changes ----------------------------------------------------------------------------------------------------

    def add(self, lo: int, last: int) -> None:
        """Add an interval that touches no byte of another."""
        path, leaf = self._descend(lo)
        index = bisect_left(leaf.keys, lo)
        # The descent ends in a leaf whose first key is at or below lo, so the neighbour below is in the same leaf.
        below = (leaf.keys[index - 1], leaf.lasts[index - 1]) if index else None
        _require_between(below, lo, last, _entry(leaf, index))
        self._insert(path, leaf, index, lo, last)

    def remove(self, lo: int) -> Interval:
        """Remove the interval that begins at `lo`, and return it."""
        path, leaf, index = self._locate(lo)
        last = leaf.lasts[index]
        self._delete(path, leaf, index)
        return lo, last

    def resize(self, lo: int, new_lo: int, new_last: int) -> None:
        """Move the bounds of the interval that begins at `lo`; it must stay between its neighbours."""
        path, leaf, index = self._locate(lo)
        below = (leaf.keys[index - 1], leaf.lasts[index - 1]) if index else self.predecessor(lo)
        _require_between(below, new_lo, new_last, _entry(leaf, index + 1))
        self._write(path, leaf, index, new_lo, new_last)

    def take(self, lo: int, last: int) -> None:
        """Cut [lo, last] out of the interval that contains it; the parts on either side stay."""
        path, leaf = self._descend(lo)
        index = bisect_right(leaf.keys, lo) - 1
        if index < 0 or not lo <= last <= leaf.lasts[index]:
            raise ValueError(f"no interval holds all of [{lo:#x}, {last:#x}]")
        held_lo, held_last = leaf.keys[index], leaf.lasts[index]
        if held_lo < lo:
            self._write(path, leaf, index, held_lo, lo - 1)
            if last < held_last:
                self._insert(path, leaf, index + 1, last + 1, held_last)
        elif last < held_last:
            self._write(path, leaf, index, last + 1, held_last)
        else:
            self._delete(path, leaf, index)

    def give(self, lo: int, last: int, floor: int, ceiling: int) -> Interval:
        """Add [lo, last], merged with adjacent intervals inside [floor, ceiling]; returns the merged interval."""
        path, leaf = self._descend(lo)
        index = bisect_right(leaf.keys, lo) - 1
        below = (leaf.keys[index], leaf.lasts[index]) if index >= 0 else None
        above = _entry(leaf, index + 1)
        _require_between(below, lo, last, above)
        takes_above = above is not None and last + 1 == above[0] and above[1] <= ceiling
        new_last = above[1] if above is not None and takes_above else last
        if below is not None and below[1] + 1 == lo and below[0] >= floor:
            if above is not None and takes_above:
                self.remove(above[0])
                path, leaf, index = self._locate(below[0])
            self._write(path, leaf, index, below[0], new_last)
            return below[0], new_last
        if above is not None and takes_above:
            self.resize(above[0], lo, new_last)
        else:
            self._insert(path, leaf, index + 1, lo, last)
        return lo, new_last

    # -- internals --------------------------------------------------------------------------------------------------

    def _leaf(self, address: int) -> TreeNode:
        node = self._root
        while node.children:
            node = node.children[bisect_right(node.keys, address, 1) - 1]
        return node

    def _descend(self, address: int) -> tuple[Path, TreeNode]:
        node, path = self._root, []
        while node.children:
            index = bisect_right(node.keys, address, 1) - 1
            path.append((node, index))
            node = node.children[index]
        return path, node

    def _locate(self, lo: int) -> tuple[Path, TreeNode, int]:
        path, leaf = self._descend(lo)
        index = bisect_left(leaf.keys, lo)
        if index == len(leaf.keys) or leaf.keys[index] != lo:
            raise ValueError(f"no interval begins at {lo:#x}")
        return path, leaf, index

    def _write(self, path: Path, leaf: TreeNode, index: int, lo: int, last: int) -> None:
        before, after = leaf.longest[index], last - lo + 1
        leaf.keys[index], leaf.lasts[index], leaf.longest[index] = lo, last, after
        _refresh(path, leaf, before, after)

    def _insert(self, path: Path, leaf: TreeNode, index: int, lo: int, last: int) -> None:
        leaf.keys.insert(index, lo)
        leaf.lasts.insert(index, last)
        leaf.longest.insert(index, last - lo + 1)
        self._count += 1
        if len(leaf.keys) > FANOUT:
            self._grown(path, leaf)
        else:
            _refresh(path, leaf, 0, last - lo + 1)

    def _delete(self, path: Path, leaf: TreeNode, index: int) -> None:
        before = leaf.longest[index]
        del leaf.keys[index], leaf.lasts[index], leaf.longest[index]
        self._count -= 1
        if len(leaf.keys) < FEWEST and path:
            self._shrunk(path, leaf)
        else:
            _refresh(path, leaf, before, 0)

    def _grown(self, path: Path, node: TreeNode) -> None:
        while len(node.keys) > FANOUT:
            upper = node.split()
            if not path:
                self._root = TreeNode.above([node, upper])
                return
            parent, index = path.pop()
            parent.replace(index, index + 1, [node, upper])
            node = parent
        _refresh(path, node, _ANY_LENGTH, 0)

    def _shrunk(self, path: Path, node: TreeNode) -> None:
        while path and len(node.keys) < FEWEST:
            parent, index = path.pop()
            left = max(index - 1, 0)
            kept = parent.children[left]
            kept.absorb(parent.children[left + 1])
            parent.replace(left, left + 2, [kept, kept.split()] if len(kept.keys) > FANOUT else [kept])
            node = parent
        _refresh(path, node, _ANY_LENGTH, 0)
        if len(self._root.children) == 1:
            self._root = self._root.children[0]

    def check(self) -> None:
        """Check the tree's invariants: order, augmentation, balance, links, count. AssertionError if one fails."""
        depths: set[int] = set()
        _check(self._root, True, 0, depths)
        assert len(depths) == 1, f"leaves at depths {sorted(depths)}"
        intervals = list(self)
        assert len(intervals) == self._count
        assert all(lo <= last for lo, last in intervals)
        assert all(x[1] < y[0] for x, y in pairwise(intervals))


def _refresh(path: Path, node: TreeNode, before: int, after: int) -> None:
    """Update the nodes above `node`, in which an entry of length `before` now has length `after`."""
    for parent, index in reversed(path):
        key, recorded = node.keys[0], parent.longest[index]
        longest = after if after >= recorded else recorded if before < recorded else max(node.longest)
        if parent.keys[index] == key and recorded == longest:
            return
        parent.keys[index], parent.longest[index] = key, longest
        node, before, after = parent, recorded, longest


def _entry(leaf: TreeNode, index: int) -> Interval | None:
    if index == len(leaf.keys):
        if leaf.following is None:
            return None
        leaf, index = leaf.following, 0
    return leaf.keys[index], leaf.lasts[index]


def _require_between(below: Interval | None, lo: int, last: int, above: Interval | None) -> None:
    if lo > last or (below is not None and lo <= below[1]) or (above is not None and last >= above[0]):
        raise ValueError(f"[{lo:#x}, {last:#x}] is reversed or overlaps a neighbour")


def _start(node: TreeNode, address: int) -> int:
    return bisect_right(node.keys, address, 1) - 1 if node.keys else 0


def _check(node: TreeNode, is_root: bool, depth: int, depths: set[int]) -> None:
    assert len(node.keys) <= FANOUT
    assert is_root or len(node.keys) >= FEWEST
    if not node.children:
        depths.add(depth)
        assert node.longest == [last - lo + 1 for lo, last in zip(node.keys, node.lasts, strict=True)]
        return
    assert node.keys == [child.keys[0] for child in node.children]
    assert node.longest == [max(child.longest) for child in node.children]
    for child in node.children:
        _check(child, False, depth + 1, depths)
