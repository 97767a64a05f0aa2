"""Formats of record values: one module each, all with the same small interface, and their registry."""
