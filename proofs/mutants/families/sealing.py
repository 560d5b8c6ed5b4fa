"""The seal of read-only after init: which pages, for how long, and how they come back."""

from __future__ import annotations

from proofs.mutants.mutant import Absent, Mutant, in_allocator, in_relations

MUTANTS = (
    Mutant(
        "seal by bytes, rounded down",
        "The number of pages is `size >> PAGE_SHIFT`: the last page stays writable.",
        in_allocator(
            "allocator.py",
            "Allocator.seal",
            "self.pages.seal(extent.lo, extent.last)",
            "self.pages.seal(extent.lo, max(extent.lo, extent.last - self.params.page))",
        ),
        in_relations(
            "designs/mail/protection.py",
            "own_steps",
            "replace(_without_write(page), sealed=TRUE)",
            "replace(page, sealed=TRUE)",
        ),
    ),
    Mutant(
        "seal of the next page",
        "The number of pages is `(size >> PAGE_SHIFT) + 1`.",
        in_allocator(
            "allocator.py",
            "Allocator.seal",
            "self.pages.seal(extent.lo, extent.last)",
            "self.pages.seal(extent.lo, extent.last + 1)",
        ),
        in_relations("smt/spans.py", "pages_of", "span.last | (page - 1)", "(span.last + 1) | (page - 1)"),
    ),
    Mutant(
        "seal of the page before",
        "The first page is found from the byte before the extent.",
        in_allocator(
            "allocator.py",
            "Allocator.seal",
            "self.pages.seal(extent.lo, extent.last)",
            "self.pages.seal(extent.lo - 1, extent.last)",
        ),
        in_relations("smt/spans.py", "pages_of", "align_down(span.lo, page", "align_down(span.lo - 1, page"),
    ),
    Mutant(
        "seal of the whole block",
        "One mapping, one set_memory_ro(): with everything else that lies in it.",
        in_allocator(
            "allocator.py",
            "Allocator.seal",
            "self.pages.seal(extent.lo, extent.last)",
            "self.pages.seal(extent.block.lo, extent.block.last)",
        ),
        in_relations(
            "designs/mail/protection.py",
            "neighbour_steps",
            "truth(all_of(shared, enabled))",
            "truth(all_of(root.reuses, enabled))",
        ),
    ),
    Mutant(
        "seal takes execution too",
        "The sealed pages are set to PAGE_KERNEL_RO, where write permission was to be taken from what they had.",
        in_allocator("pages.py", "Pages.seal", "without_write(before)", '"r--"'),
        in_relations(
            "designs/mail/protection.py",
            "_without_write",
            "replace(page, write=FALSE, stale",
            "replace(page, write=FALSE, execute=FALSE, stale",
        ),
    ),
    Mutant(
        "reused memory stays sealed",
        "free() resets what the loader gave, and not what a seal took.",
        in_allocator(
            "allocator.py",
            "Allocator._invalidate",
            "(extent.sealed or extent.reprotected)",
            "extent.reprotected",
        ),
        in_relations("designs/mail/protection.py", "_freed", "any_of(page.sealed, ", "any_of("),
    ),
    Mutant(
        "restored to everything",
        "PAGE_KERNEL_EXEC, as set_memory_rw() and set_memory_x() together leave it.",
        in_allocator(
            "allocator.py",
            "Allocator._invalidate",
            'root.protection, "restored for free"',
            '"rwx", "restored for free"',
        ),
        in_relations(
            "designs/mail/protection.py",
            "_freed",
            "nothing.given(root.protection)",
            'nothing.given(Protection.of("everything", "rwx"))',
        ),
    ),
    Mutant(
        "a section is not sealed",
        "The loop over the module's sections starts at 1.",
        in_allocator("loader.py", "Loader.finish_init", "if self._seals(extent)]", "if self._seals(extent)][1:]"),
        Absent(
            "which sections are sealed is one definition, ParamSet.seals_section(), that rules and theorems both read"
        ),
    ),
)
