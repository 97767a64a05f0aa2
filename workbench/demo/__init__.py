"""Seeded traffic of a believable system, with the faults that real systems have."""
