"""Generates seeded demo traffic of a system of services, including duplicates, late records and corrupt records."""

from workbench.demo.feed import Feed
from workbench.demo.traffic import Traffic

__all__ = ["Feed", "Traffic"]
