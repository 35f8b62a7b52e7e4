"""What somebody should look at now: stable ids, since when, how grave, and who took note."""
