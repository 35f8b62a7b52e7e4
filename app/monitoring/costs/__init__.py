"""What an outcome cost: what was paid over what was published, at several lags, and how sure that is."""
