"""A counterexample as a KUnit test: `calls` makes the calls and expectations, `writing` the C file."""
