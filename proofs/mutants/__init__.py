"""Broken allocators: each is one line changed in each reading, and each must be caught on both sides.

A check that never fails says nothing. Here a mistake that kernels have made, or nearly made, is put into the executable
allocator and into the symbolic relations, by an import hook in a process of its own and never in the tree. A theorem
must then stop being provable, with a model that shows why, and the stateful machine of `modalloc_model/conformance`
must come upon a run that fails one of its checks. A mutant that survives on either side is a hole in the checks.

From the inside out: mutant.py says what a mutant is, families/ are the mutants, importing.py applies them,
catching_theorem.py and catching_run.py look for what catches them, mutant.py remembers what did (it orders the next
search and decides nothing), workshop.py runs each in a child process, matrix.py asks every theorem, page.py writes
proofs/MUTANTS.md.

Needs a checkout: the stateful machine is a test.
"""
