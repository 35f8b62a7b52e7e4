"""What a monitor pulls: the plan's KPIs, alerts, cost per outcome, monthly snapshots.

Figures about people come from frozen releases only; what is about no person is live. No route here takes a date, a
place or a filter (docs/decisions/0035).
"""
