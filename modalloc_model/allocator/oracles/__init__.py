"""The oracles: section 6 of spec/semantics.md, one small function for each rule and one file for each group."""
