"""Ending a key period: what it links is kept as numbers, taken off the records, and its key destroyed."""
