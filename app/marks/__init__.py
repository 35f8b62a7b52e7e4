"""Which service days changed since the facts about them were computed.

Whoever changes a record marks its day in the same transaction; `app.metrics` computes marked days anew. Nothing is ever
added up in passing, so late data and corrections cannot make the facts drift.
"""
