"""Steps of the tables of custody."""
