"""Mutants of this project's own code: does a test notice each small change to what a verdict rests on?

mutmut makes the mutants (operators, constants, arguments, strings, conditions). It leaves decorated functions and
lambdas alone, which here are the rules and the meaning of the operators; so they are *laid open* first, in a copy of
the tree (laying_open.py, copying.py). The tests run once, and each mutant is tried in a fork of that very process
(session.py, switch.py): it costs milliseconds instead of a start of pytest.

Tables at module level (which rule has which theorem, what each kind of section needs) and class bodies are not mutated.

Run as `python -m proofs.code_mutation FOLDER`; with `--page` it writes proofs/CODE-MUTATION.md.
"""
