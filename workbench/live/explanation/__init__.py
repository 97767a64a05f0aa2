"""Explains one record of a live topic: what led to it, what came of it, and which groups have passed it."""
