"""Money promised, promised anew and paid, and what explains the difference."""
