"""Findings: what is wrong or strange in a graph, each with its evidence and the query that found it."""
