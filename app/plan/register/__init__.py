"""The register itself: entries checked, kept and read back."""
