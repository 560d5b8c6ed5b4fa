"""A counterexample as a KUnit test: `calls` says what is called and expected, `writing` makes a file of C of it."""
