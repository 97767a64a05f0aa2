"""Reads what users select: topics, bounds of a window, positions."""
