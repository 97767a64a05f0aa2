"""Comparison of two populations: which attributes tell them apart (`docs/tracing.md` 12)."""
