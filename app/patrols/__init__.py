"""Outings of a team: where the effort went, also when nobody was met."""
