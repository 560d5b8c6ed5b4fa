"""Ground truth: tables on words of 6 to 8 bits, every run of them enumerated, and each verdict held against that.

A third reading of spec/semantics.md, sections 1 to 6, in plain Python over tuples. It imports nothing of
`modalloc_model/allocator` and nothing of `modalloc_model/smt`; it takes a table's values in one boot and no more.
"""
