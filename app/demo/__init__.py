"""A demo city: devices as app developers would write them, and two years of activity posted through the API."""
