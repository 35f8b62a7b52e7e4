"""Reach: contacts, the persons behind them as far as cards and first contacts tell, and those nobody can tell apart."""
