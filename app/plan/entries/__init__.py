"""Entries as they come and go: posted, imported from files, listed."""
