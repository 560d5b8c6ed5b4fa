"""Ground truth: tables on words of 6 to 8 bits, every run of them enumerated, and each verdict held against that.

A third reading of spec/semantics.md, sections 1 to 6, in plain Python over tuples, and of the pages of the rules that
say nothing of runs. It imports nothing of `modalloc_model` but the names of kinds and assumptions: tables are drawn
here, boot by boot (`world.py`), and handed to the tool (`handing.py`).
"""
