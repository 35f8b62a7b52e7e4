"""The routes of targets and of context."""
