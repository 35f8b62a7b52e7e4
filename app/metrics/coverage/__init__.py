"""Coverage: how many persons there may be, from cards alone, and how many of them are met."""
