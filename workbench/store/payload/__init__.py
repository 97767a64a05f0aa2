"""Reads keys and values as text and JSON: columns that exist while a query names them, and typed columns by path."""
