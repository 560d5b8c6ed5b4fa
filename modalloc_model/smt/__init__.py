"""The symbolic reading of spec/semantics.md: operations as relations between terms, invariants, induction."""
