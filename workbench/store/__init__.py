"""Snapshots: one DuckDB file with Parquet segments beside it."""
