"""A pilot's documents for others: its files become facts, and the AsyncAPI document becomes a page. See README.md."""
