"""Reporting health: how soon records arrive, what they leave unsaid, and which teams fell silent."""
