"""Structural queries: sets of events, how they are related by cause, and what holds of the traces they are in."""

from workbench.tracing.query.query import query
from workbench.tracing.query.result import QueryResult

__all__ = ["QueryResult", "query"]
