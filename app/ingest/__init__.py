"""What every posting has in common: read strictly, decide item by item, store together, remember, answer."""
