"""Parquet segments beside a snapshot file: written while a capture runs, packed into the file afterwards."""
