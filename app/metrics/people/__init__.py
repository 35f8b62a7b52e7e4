"""Sets of people: who showed a card on which day, as bitmaps; each family of figures reads them in its own way."""
