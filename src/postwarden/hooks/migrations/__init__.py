"""Steps of the tables of webhooks."""
