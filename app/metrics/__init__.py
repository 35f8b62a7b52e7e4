"""Pathway figures: each with its rule, its denominator and what is unknown about it."""
