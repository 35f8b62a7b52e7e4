"""The append-only, hash-chained log of acts: one chain an organisation, and one for the service itself."""
