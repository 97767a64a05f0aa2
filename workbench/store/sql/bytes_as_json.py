"""Finds bytes that a query reads as JSON: DuckDB turns them into another text first, in which nothing is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_BYTES = {"value": "payload", "key": "key_text"}
_ARROWS = frozenset({"->", "->>"})


def bytes_read_as_json(nodes: Iterable[dict[str, Any]]) -> str | None:
    """Return ``value`` or ``key`` if a parsed query reads that column of bytes as JSON, else None.

    A query that gives something else one of these names is left alone.
    """
    found = list(nodes)
    for name in _BYTES:
        if not any(node.get("alias", "").lower() == name for node in found) and any(
            _reads(node, name) for node in found
        ):
            return name
    return None


def replacement(column: str) -> str:
    """Name the column to use instead."""
    return _BYTES[column]


def _reads(node: dict[str, Any], column: str) -> bool:
    if node.get("class") == "LAMBDA":  # payload->'$.x' is parsed like a lambda
        return _is(node.get("lhs"), column)
    if node.get("class") == "CAST":
        kind = str((node.get("type_expr") or {}).get("type_name", "")).lower()
        return kind == "json" and _is(node.get("child"), column)
    name = str(node.get("function_name", "")).lower()
    arguments = node.get("arguments") or []
    reads_json = name in _ARROWS or name.startswith(("json_", "from_json"))
    return reads_json and bool(arguments) and _is(arguments[0].get("expression"), column)


def _is(node: Any, column: str) -> bool:
    """Tell whether an expression is the column, perhaps cast to text or JSON."""
    while isinstance(node, dict) and node.get("class") == "CAST":
        node = node.get("child")
    if not isinstance(node, dict) or node.get("class") != "COLUMN_REF":
        return False
    return str(node["column_names"][-1]).lower() == column
