"""Gives the tree that DuckDB's parser makes of a statement, and every node of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

UNREADABLE = "It is nested too deeply or is no SQL"


def parse(cursor: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    """Return a SELECT as DuckDB's parser understands it; nothing is run.

    What cannot be parsed, or is another kind of statement, is an object with ``error`` and ``error_message``.
    """
    try:
        # All rows are fetched: an unfinished result would refuse the next statement of this cursor.
        [(text,)] = cursor.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
        tree: dict[str, Any] = json.loads(text)
    except (duckdb.Error, RecursionError):
        return {"error": True, "error_message": UNREADABLE}
    return tree


def nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Give every object of a tree, without recursion: a statement may be nested a thousand deep."""
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)
