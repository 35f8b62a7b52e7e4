"""Loads the profile of every property test, also of those that do not say how many examples they need."""

from tests import effort

__all__ = ["effort"]
