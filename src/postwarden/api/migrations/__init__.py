"""Steps of the tables of the API."""
