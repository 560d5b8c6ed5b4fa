"""Mistakes with areas of others, with places in a hole, with the search for holes, and with runs that have ended."""

from __future__ import annotations

from proofs.mutants.mutant import Absent, Mutant, in_allocator, in_relations

MUTANTS = (
    Mutant(
        "part of what others take stays free",
        "The hole is split at the start of the area, and what the area takes of its rest is forgotten.",
        in_allocator("arbiter.py", "Arbiter.take", "self.claim(lo, last)", "self.claim(lo, (lo + last) // 2)"),
        in_relations("designs/arbiter/symbolic.py", "_take", 'Hole("after", part.after)', 'Hole("after", hole.span)'),
    ),
    Mutant(
        "part of what others return is lost",
        "The first byte comes back, and the rest is nobody's.",
        in_allocator("arbiter.py", "Arbiter.restore", "self.give_back(lo, last)", "self.give_back(lo, lo)"),
        in_relations(
            "designs/arbiter/symbolic.py",
            "_return",
            "joined(below.span, area.span, above.span)",
            "joined(below.span, Span(area.span.lo, area.span.lo), above.span)",
        ),
    ),
    Mutant(
        "what others return is joined across an area",
        "The hole below is joined whether it touches or not, with the area between.",
        in_allocator("address_tree.py", "AddressTree.give", "below[1] + 1 == lo and", "below[1] < lo and"),
        in_relations(
            "designs/arbiter/symbolic.py", "_return", "implies(below.exists, touches(below.span, area.span)),", "TRUE,"
        ),
    ),
    Mutant(
        "any place, aligned or not",
        "The search looks for an aligned place, and a block that is not where the search looks is nowhere aligned.",
        in_allocator("arbiter.py", "Arbiter.fits", "end - (length - 1), alignment)", "end - (length - 1), 1)"),
        in_relations(
            "designs/mail/operations.py",
            "fresh",
            "is_aligned(words.p, block_alignment(root)) if rounding else True,",
            "True,",
        ),
    ),
    Mutant(
        "exact search that prunes",
        "The length that is looked for has the alignment added to it, whoever asks.",
        in_allocator(
            "arbiter.py",
            "arbiters",
            'params.assumptions.arbiter_search == "exact"',
            "False",
        ),
        in_relations("designs/mail/operations.py", "found", "table.assumptions.exact_search,", "False,"),
    ),
    Mutant(
        "search that prunes whatever the alignment",
        "The alignment is added also where it is no more than a page, and an exact fit is refused.",
        in_allocator("arbiter.py", "linux_length", "if alignment <= page or", "if"),
        in_relations("designs/arbiter/symbolic.py", "linux_comes_upon", "ule(alignment, page),", "False,"),
    ),
    Mutant(
        "mapped over another root's pages",
        "vmap() of pages that are mapped already: the last mapping wins, and nobody is told.",
        in_allocator("allocator.py", "Allocator._require_unmapped", "if self._mapped is None:", "if True:"),
        Absent("that a run in which blocks meet has ended is said of all operations, and none of them does it"),
    ),
    Mutant(
        "first byte alone looked up among mapped pages",
        "vmap() looks whether its first page is mapped, and maps the others over what is there.",
        in_allocator(
            "allocator.py",
            "Allocator._require_unmapped",
            "overlapping(block.lo, block.last)",
            "overlapping(block.lo, block.lo)",
        ),
        in_relations(
            "designs/mail/invariants.py",
            "_mapped_apart",
            "e.block.apart(o.block)",
            "truth(negate(o.block.holds(e.block.lo)))",
        ),
    ),
    Mutant(
        "block that is gone still counts as mapped",
        "The page tables are cleared too late: who maps there next is refused.",
        in_allocator("allocator.py", "Allocator._unmap", "self._mapped.remove(block.lo)", "pass"),
        Absent("a block is there while an extent lies in it: there is no list of them that could be wrong"),
    ),
    Mutant(
        "run goes on after blocks meet",
        "-EBUSY of vmap() is not looked at, and the loader writes to pages that it has not got.",
        in_allocator("loader.py", "Loader.load", "self.ended = True", "self.ended = False"),
        Absent("that a run in which blocks meet has ended is said of all operations, and none of them does it"),
    ),
    Mutant(
        "any place up to the end",
        "The place lies in the hole, and the block ends above it.",
        in_allocator(
            "arbiter.py",
            "Arbiter.fits",
            "Places(first, end - (length - 1), alignment)",
            "Places(first, end, alignment)",
        ),
        in_relations("designs/arbiter/symbolic.py", "fits_hole", "ule(p, highest),", "TRUE,"),
    ),
    Mutant(
        "what others returned is still theirs",
        "The area is given back, and stays in the list: it is returned a second time.",
        in_allocator("arbiter.py", "Arbiter.restore", "del self._foreign[lo]", "pass"),
        in_relations(
            "designs/arbiter/symbolic.py", "_return", "= (below, area, above), (Hole", "= (below, above), (Hole"
        ),
    ),
    Mutant(
        "part of a hole outside the range not counted",
        "Linux compares what it looks for with the whole hole; a search by its part passes over more.",
        in_allocator("arbiter.py", "Arbiter.fits", "last - lo + 1 >= sought", "end - first + 1 >= sought"),
        Absent("how long a hole must be matters above a page alone, and there no theorem says that it is found"),
    ),
    Mutant(
        "overlapping regions refused",
        "An image and its initrd: what is busy already is taken once more.",
        in_allocator("arbiter.py", "Arbiter._register", "max(lo, region.first)", "region.first"),
        Absent("the machine of these theorems registers no region: a transition starts from any hole"),
    ),
)
