"""Who hands out address space for blocks: vmalloc, or a root's own."""
