"""The city that a scenario is set in: a town, its streets, and where on them each device hangs."""
