"""Steps of the ledger's tables."""
