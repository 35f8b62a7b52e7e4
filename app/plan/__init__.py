"""The plan itself: its actions, who judged them, money, coordination, targets and what happened around it.

Everything is an entry of one append-only register: dated by what it is about, stamped with when it was recorded, with
its source. A correction is a new entry that names the one it replaces; both stay. What stood at a date, as known at
an instant, is a fold over the entries (`standing`).
"""
