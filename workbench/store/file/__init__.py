"""The DuckDB file of a snapshot: connection policy, tables, views, versions of the schema."""
