"""What a round of purging did, or would do. Plain values."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date


@dataclass(slots=True)
class Report:
    """Rows by table, and the days it went by."""

    fine_from: date
    """First service day whose records are kept fine."""
    kept_from: date
    """First service day whose records are kept at all."""
    settled: Counter[str] = field(default_factory=Counter)
    coarse: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    """Copies of a SQLite file that migrations had left beside it: they held what was purged."""
    log_empty: bool = True
    """Whether SQLite's write-ahead log was emptied; a reader that has not finished keeps it until the next round."""
    rewritten: bool = False
    """Whether a SQLite file was written anew, to give free pages back."""

    @property
    def did_something(self) -> bool:
        """Whether any row was changed or deleted."""
        return bool(self.settled.total() or self.coarse.total() or self.deleted.total())
