"""The append-only, hash-chained log of what was asked of the service: one chain an organisation, one for the service."""
