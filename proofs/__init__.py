"""Why to believe a verdict: the theorems and what holds them up."""
