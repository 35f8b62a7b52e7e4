"""Places: territories, perimeters, facility kinds, facilities with their hours, and what facilities report."""
