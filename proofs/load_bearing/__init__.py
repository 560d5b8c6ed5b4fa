"""The page proofs/LOAD-BEARING.md, out of what `modalloc prove --load-bearing` finds."""
