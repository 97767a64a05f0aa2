"""Materialized views: topics that a data transform fills, on the broker or from this process."""
