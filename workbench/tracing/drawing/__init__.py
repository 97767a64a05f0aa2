"""Drawings of a causal graph: which events are shown, where they stand, how they look. No widget toolkit."""
