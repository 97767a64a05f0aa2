"""Failures of handlers: the retry policy, dead letters, and the document's resilience functions."""
