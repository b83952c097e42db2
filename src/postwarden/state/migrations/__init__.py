"""Steps of the outbox's tables."""
