"""What comes from others, and what must not leave with us: known faults, the bill of materials, secrets in the tree."""
