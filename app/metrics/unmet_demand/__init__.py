"""Unmet demand: what was asked for and refused for want of a place, waited for, or never even offered."""
