"""InfluxDB 1, 2 and 3, and what speaks their write protocols."""
