"""Writes Parquet files from Arrow tables, as far as segments need it: compiled, and several times as fast as Arrow."""
