"""Address maps: one model (`model`), drawn as a picture (`svg`) or as text (`address_map`)."""
