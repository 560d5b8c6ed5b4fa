"""The gate: what a change of tables and profiles in a git repository does to what was proved.

One way through: two snapshots of the repository (`repository`), the files that differ (`selection`), their tables at
both ends (`reading`), pairs of them (`matching`), what differs by meaning (`changes`), what that does to the guarantees
(`guarantees`) and in both directions (`directions`), and which of it the policy forbids (`policy`, `expectations`).
`modalloc_model.gate.comparing` goes that way. A kernel's own source is read at both ends by `trees`, and `hunks` tells
which of its lines are behind a change. Nothing heavy is imported before two files differ.
"""
