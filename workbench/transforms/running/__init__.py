"""Runs a module over the partitions of a topic and collects what it writes."""
