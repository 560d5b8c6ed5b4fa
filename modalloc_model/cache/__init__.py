"""Verdicts that were reached before, kept on disk by what they were reached from.

What a verdict depends on (the table as it was read, the options, the tool's own source, the solvers and their
versions) is digested into a key; so nothing that changes can be answered by an old verdict. Only reports in which
everything was decided are kept. Leaves out: deciding, and whether a cache is wanted.
"""
