"""Is each hypothesis of each theorem needed? Each is dropped in turn; what breaks then: a step, and a whole run."""
