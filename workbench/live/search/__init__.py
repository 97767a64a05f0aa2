"""Searches live topics: reads a window, matches it in columns, and keeps the records that match and nothing else."""
