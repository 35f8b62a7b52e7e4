"""The plan's targets, and whether anything is ever held against one: only monitoring knows what is."""
