"""How many questions for figures an account has each day: what slows down who asks for differences."""
