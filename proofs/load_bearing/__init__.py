"""Is each hypothesis of each theorem needed? Dropped one at a time, with what breaks then: a step, and a whole run."""
