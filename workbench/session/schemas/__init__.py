"""Schemas of a registry for clusters and snapshots: asked for, stored with captures, and used to read values."""
