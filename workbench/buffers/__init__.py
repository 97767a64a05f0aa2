"""Builds Arrow arrays from slices of one buffer; every compiled loop of the project uses it."""
