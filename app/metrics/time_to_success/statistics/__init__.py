"""Estimators and tests for competing outcomes, from counts by day. Pure Python."""
