"""Conventions as tables, and the decoder that runs on them."""
