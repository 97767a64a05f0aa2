"""Envelope conventions: data in builtin.toml, and one module for each convention that needs code."""
