"""The stateful machine that drives the executable allocator, and the checks that compare it with the relations.

Hypothesis is needed by `machine` and `tables` alone, and loaded with them.
"""
