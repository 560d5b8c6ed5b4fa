"""Address maps: one model of what is shown (`model`), drawn as a picture (`svg`) or with characters (`address_map`)."""
