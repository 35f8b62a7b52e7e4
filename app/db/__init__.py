"""Engine, tables, column types, set-based writes and group commit: one schema on SQLite, PostgreSQL and Citus."""
