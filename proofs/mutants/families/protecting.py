"""Protections that are set, lifted for a moment, and set again."""

from __future__ import annotations

from proofs.mutants.mutant import Mutant, in_allocator, in_relations

MUTANTS = (
    Mutant(
        "mapped with everything",
        "PAGE_KERNEL_EXEC for the table's pgprot.",
        in_allocator(
            "allocator.py",
            "Allocator._fresh",
            "self.pages.map(block.lo, block.last, root.protection)",
            'self.pages.map(block.lo, block.last, "rwx")',
        ),
        in_relations(
            "designs/mail/protection.py",
            "own_steps",
            'Micro("map", TRUE, nothing.given(root.protection))',
            'Micro("map", TRUE, nothing.given(Protection.of("everything", "rwx")))',
        ),
    ),
    Mutant(
        "opened and not closed",
        "The pages were made writable to be filled, and stay so.",
        in_allocator(
            "allocator.py",
            "Allocator.fill",
            'root.protection, "closed after fill"',
            'OPENED, "closed after fill"',
        ),
        in_relations(
            "designs/mail/protection.py",
            "own_steps",
            "if_(opens_to_fill(table, root), closed, page)",
            "if_(opens_to_fill(table, root), page.given(OPENED), page)",
        ),
    ),
    Mutant(
        "opened with execution",
        "set_memory_rw() of text that stays executable while it is written.",
        in_allocator("allocator.py", "Allocator.fill", 'OPENED, "opened for fill"', '"rwx", "opened for fill"'),
        in_relations(
            "designs/mail/protection.py",
            "neighbour_steps",
            '"opened to fill", opens_to_fill(table, root), page.given(OPENED)',
            '"opened to fill", opens_to_fill(table, root), page.given(Protection.of("opened", "rwx"))',
        ),
    ),
    Mutant(
        "left open after invalidation",
        "The pages were made writable to be erased, and whoever comes next finds them so.",
        in_allocator(
            "allocator.py",
            "Allocator._invalidate",
            'root.protection, "closed after invalidation"',
            'OPENED, "closed after invalidation"',
        ),
        in_relations(
            "designs/mail/protection.py",
            "_freed",
            "if_(reset, nothing.given(root.protection), nothing)",
            "if_(reset, nothing.given(OPENED), nothing)",
        ),
    ),
    Mutant(
        "final protection forgotten",
        "The loop's index is not used: the first section is given its protection as often as there are sections.",
        in_allocator("loader.py", "Loader._load", "finalise(extent)", "finalise(module.extents[0])"),
        in_relations(
            "designs/mail/protection.py", "own_steps", "if_(table.assumptions.by_loader, final, page)", "page"
        ),
    ),
    Mutant(
        "protection of the whole block",
        "set_memory_*() is given the block's length for the extent's.",
        in_allocator(
            "allocator.py",
            "Allocator._protect",
            "extent.lo, extent.last, protection",
            "extent.block.lo, extent.block.last, protection",
        ),
        in_relations(
            "designs/mail/protection.py",
            "neighbour_steps",
            "truth(negate(ule(table.machine.page, root.alignment)))",
            "TRUE",
        ),
    ),
)
