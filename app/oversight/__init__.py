"""Reading the audit log: what a data-protection officer is shown of who asked and did what."""
