"""Rules without runs, each as its page in spec/properties defines it, decided by looking at every byte.

Each function judges one subject in one boot: True, False, or None if the rule does not apply. A set of addresses is an
integer with one bit for each byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from modalloc_model.params import Kind
from proofs.ground_truth.space import blocks, byte_set
from proofs.ground_truth.world import Branch, Fields, World, sorts, wraps

Judgement = bool | None


def _is_power(x: int) -> bool:
    return x > 0 and bin(x).count("1") == 1


def known_target(world: World, t: Fields) -> Judgement:
    """MAP001."""
    return 0 <= t.mapto < len(world.types)


def target_is_root(world: World, t: Fields) -> Judgement:
    """MAP002: one hop."""
    target = world.target(t)
    return None if target is None else world.target(target) is target


def is_configured(world: World, root: Fields) -> Judgement:
    """MAP003."""
    return bool(root.granularity and root.alignment and (root.starts[0] or root.ends[0]) and set(root.letters) - {"-"})


def nothing_is_dead(world: World, t: Fields) -> Judgement:
    """MAP004: the fields of a merged type equal its root's."""
    root = world.target(t)
    if root is None or root is t:
        return None
    return all(_alike(name, t, root) for name in t.written)


def _alike(name: str, t: Fields, root: Fields) -> bool:
    if name[:-1] in ("start", "end"):  # an array is one field
        return (t.starts == root.starts) if name.startswith("start") else (t.ends == root.ends)
    if name == "flags":
        mine, its = ((f.second, f.seals, f.shared_pmd, f.carved) for f in (t, root))
        return mine == its
    if name == "pgprot":
        return t.letters == root.letters
    if name == "alignment":
        return t.wanted == root.wanted
    return name == "mapto" or bool(getattr(t, name) == getattr(root, name))


def says_where_merged(world: World, t: Fields) -> Judgement:
    """MAP005."""
    return "mapto" in t.written or t is world.types[0]


def ends_agree(world: World, t: Fields) -> Judgement:
    """RNG002: of every range that may be allocated from."""
    if world.documented is world.meant:
        return True
    ends = {value for name, value in world.symbols if name.endswith("_END")}
    used = {0, *(number for number, _, _ in world.ranges(t))}
    return not any(t.ends[number] in ends for number in used)


def clear_of_the_ends(world: World, t: Fields) -> Judgement:
    """RNG003: the first range is in order, and each that is used leaves the first and the last page alone."""
    edges = byte_set(0, world.page - 1) | byte_set(world.size - world.page, world.size - 1)
    used = list(world.ranges(t))
    return any(number == 0 for number, _, _ in used) and not any(edges & byte_set(lo, hi) for _, lo, hi in used)


def inside_the_window(world: World, t: Fields) -> Judgement:
    """RNG005: every byte of every block that can be, wherever it can be; and no region of the machine wraps."""
    taken = window = 0
    for first, last in world.forbidden:
        taken |= byte_set(first, last)
    for first, last in world.windows:
        window |= byte_set(first, last)
    found = [byte_set(lo, last) for lo, last in blocks(world, t)]
    outside = any(block & ~window for block in found) if world.windows else None
    if any(map(wraps, world.regions())) or any(block & taken for block in found):
        return False
    return None if outside is None else not outside


def second_range_adds(world: World, t: Fields) -> Judgement:
    """RNG006."""
    written = bool(t.starts[1] or t.ends[1])
    if not written and not t.second:
        return None
    if written is not t.second:
        return False
    first, second = (byte_set(*world.written_range(t, number)) for number in (0, 1))
    return bool(second & ~first)


def power_of_two(world: World, t: Fields) -> Judgement:
    """ALN001."""
    return _is_power(t.alignment) and _is_power(t.wanted)


def page_or_large_page(world: World, t: Fields) -> Judgement:
    """ALN002."""
    return t.granularity in (world.page, world.pmd) and t.shared_pmd is (t.granularity == world.pmd)


def not_below_alignment(world: World, t: Fields) -> Judgement:
    """ALN003."""
    return t.alignment <= t.granularity


def loses_no_space(world: World, t: Fields) -> Judgement:
    """ALN005: ALIGN() leaves the first range's start alone, and ALIGN_DOWN() the byte after its last."""
    low, end = t.starts[0], t.ends[0] + world.documented
    return not low & (max(t.granularity, t.alignment) - 1) % world.size and not end & (t.granularity - 1) % world.size


def kasan_is_met(world: World, t: Fields) -> Judgement:
    """ALN006."""
    return None if world.kasan is None else t.wanted >= world.kasan


def mapping_stays_whole(world: World, t: Fields) -> Judgement:
    """ROI006."""
    kinds = {part.kind for part in world.parts if world.root(part) is t}
    by_hand = world.assumptions.protect == "by-loader" and Kind.RODATA_AFTER_INIT in kinds
    return world.pmd not in (t.granularity, t.large) if t.seals or by_hand else None


def others_w_xor_x(world: World, t: Fields) -> Judgement:
    """PRT006."""
    return None if "strict-rwx" not in world.assumptions.claims else not {"w", "x"} <= set(t.letters)


def windows_allow_it(world: World, t: Fields) -> Judgement:
    """PRT007: no byte of a block lies where pages cannot have the rights that a section of the root needs."""
    limits = list(zip(world.windows, world.allows, strict=True))
    if all(letters == "rwx" for _, letters in limits):
        return None
    wanted = {letter for part in world.parts if world.root(part) is t for letter in NEEDED[part.kind]}
    wanted |= {"x"} if t.name in world.others and world.target(t) is t else set()  # a section's root as well or not
    missing = 0
    for window, letters in limits:
        missing |= byte_set(*window) if wanted - set(letters) else 0
    return not any(byte_set(lo, last) & missing for lo, last in blocks(world, t))


NEEDED = {Kind.TEXT: "x", Kind.DATA: "rw", Kind.RODATA: "r", Kind.RODATA_AFTER_INIT: "rw"}


def own_section_in_reach(world: World, t: Fields) -> Judgement:
    """RCH004: branches inside their own section, and to veneers with a limited distance."""
    own = {sort for part in world.parts if world.root(part) is t for sort in sorts(part.kind, part.init)}
    bounded = [
        b for b in world.branches if own & set(b.at) and (b.near != (0, 0) or (b.inside and b.kind != "anywhere"))
    ]
    return all(_spans(world, t, b) for b in bounded) if bounded else None


def _spans(world: World, t: Fields, branch: Branch) -> bool:
    """In the longest section at each place, from each place of the branch to each byte."""
    lowest, highest = (branch.lowest, branch.highest) if branch.inside else branch.near
    return all(
        lowest <= target - place <= highest
        for lo, last in blocks(world, t)
        if lo + branch.instruction - 1 <= last
        for place in (lo, last - branch.instruction + 1)
        for target in (lo, last)
    )


# -- the subjects of each rule ----------------------------------------------------------------------------------------


def _types(world: World) -> Iterator[Fields]:
    yield from world.types


def _roots(world: World) -> Iterator[Fields]:
    yield from world.roots()


def _others(world: World) -> Iterator[Fields]:
    yield from (t for t in world.of_others() if t.written)


def _text_roots(world: World) -> Iterator[Fields]:
    texts = [world.root(part) for part in world.parts if part.kind is Kind.TEXT]
    yield from (root for root in world.roots() if any(root is text for text in texts))


def _allocated(world: World) -> Iterator[Fields]:
    yield from world.allocated()


JUDGES: Mapping[str, tuple[Callable[[World], Iterator[Fields]], Callable[[World, Fields], Judgement]]] = (
    MappingProxyType(
        {
            "MAP001": (_types, known_target),
            "MAP002": (_types, target_is_root),
            "MAP003": (_roots, is_configured),
            "MAP004": (_types, nothing_is_dead),
            "MAP005": (_types, says_where_merged),
            "RNG002": (_allocated, ends_agree),
            "RNG003": (_allocated, clear_of_the_ends),
            "RNG005": (_allocated, inside_the_window),
            "RNG006": (_allocated, second_range_adds),
            "ALN001": (_allocated, power_of_two),
            "ALN002": (_roots, page_or_large_page),
            "ALN003": (_allocated, not_below_alignment),
            "ALN005": (_roots, loses_no_space),
            "ALN006": (_roots, kasan_is_met),
            "ROI006": (_roots, mapping_stays_whole),
            "PRT006": (_others, others_w_xor_x),
            "PRT007": (_allocated, windows_allow_it),
            "RCH004": (_text_roots, own_section_in_reach),
        }
    )
)


def judgements(worlds: tuple[World, ...]) -> dict[tuple[str, str], Judgement]:
    """The result of each rule for each subject: False if it fails in any boot, None if it applies in none."""
    found: dict[tuple[str, str], Judgement] = {}
    for rule, (subjects, judge) in JUDGES.items():
        for number, subject in enumerate(list(subjects(worlds[0]))):
            each = [judge(world, list(subjects(world))[number]) for world in worlds]
            found[rule, subject.name] = None if each == [None] * len(each) else False not in each
    return found
