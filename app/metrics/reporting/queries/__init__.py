"""The statements behind reporting health, in two forms: on the records of a view, and by day for the facts."""
