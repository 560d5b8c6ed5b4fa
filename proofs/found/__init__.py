"""The findings on Linux's parameter sets: spec/found.yaml claims them, the tool must confirm them, FOUND.md shows them.

A finding claims verdicts: for these sets, under these assumptions, these rules are refuted. Every claim is compared
with the tool's verdicts, and every refutation must be claimed by a finding. So no finding is listed that the tool does
not make, and none is made without an explanation. Proved rules are listed in the same way.
"""
