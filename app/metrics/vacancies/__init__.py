"""Admissions against the places that facilities declared vacant."""
