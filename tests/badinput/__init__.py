"""Hostile and broken input, through the public path."""
