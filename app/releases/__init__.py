"""What leaves the service: a fixed catalogue of frozen, protected figures that nobody can filter."""
