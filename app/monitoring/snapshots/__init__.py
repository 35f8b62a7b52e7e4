"""Monthly snapshots of a plan: immutable, each bound to the one before it, each remembered by the audit log."""
