"""Targets, and what happened around the plan."""
