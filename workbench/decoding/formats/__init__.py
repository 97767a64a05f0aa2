"""Formats of record values: one module each, all with the interface of `Format`, and their registry."""
