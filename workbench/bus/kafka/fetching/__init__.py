"""Fetching: requests to the partition leaders, and record batches turned into Arrow columns."""
