"""Simulated worlds through the public path, held against their truth."""
