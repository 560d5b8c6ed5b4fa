"""The evidence for verdicts: theorems, mutants, ground truth, and findings on Linux."""
