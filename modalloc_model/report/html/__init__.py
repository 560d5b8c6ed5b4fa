"""The verdicts of a call as one page: `page` writes it, from what `views` makes of each table."""
