"""The catalogue of indicators and their figures: the one room that knows all the others."""
