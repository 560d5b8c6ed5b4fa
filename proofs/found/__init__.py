"""What modalloc finds in Linux's parameter sets: spec/found.yaml says it, the tool must produce it, FOUND.md shows it.

A finding is a claim about decisions: of these sets, under these assumptions, these rules are refuted. Every claim is
checked against what the tool decides, and every refutation must be claimed by a finding. So a finding cannot be listed
that the tool does not make, and it cannot make one that nobody explains. What is proved is listed in the same way.
"""
