"""How long facts follow referrals. Pure Python."""

from typing import Final

HORIZONS: Final = (7, 30, 90)
"""Days of follow-up that facts are kept for; a question about another horizon counts the referrals."""
