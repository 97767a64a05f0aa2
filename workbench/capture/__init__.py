"""Bounded and following reads from a record log into a snapshot."""
