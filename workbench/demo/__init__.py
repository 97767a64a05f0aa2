"""Seeded traffic of a believable system, with the faults that real systems have."""

from workbench.demo.feed import Feed
from workbench.demo.traffic import Traffic

__all__ = ["Feed", "Traffic"]
