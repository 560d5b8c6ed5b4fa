"""Section 6 of spec/semantics.md, asked of a run by a bystander: a small function a rule, a file a group."""
