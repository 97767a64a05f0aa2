"""Reaction: whether a system did the same again after a replay, event by event (`docs/tracing.md` 16)."""
