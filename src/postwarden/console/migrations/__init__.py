"""Written by hand: the console keeps no models of its own."""
