"""How many requests the served console and API take, at the size of a large provider."""
