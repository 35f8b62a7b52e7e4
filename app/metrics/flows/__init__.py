"""Flows: from which rung of the pathway to which, referral by referral."""
