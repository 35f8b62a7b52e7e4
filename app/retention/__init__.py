"""What happens to records with time: after ninety days only their week is left, after two years they go."""
