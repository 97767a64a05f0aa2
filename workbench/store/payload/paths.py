"""Finds every path of JSON values, with the JSON types that stand there: exactly, over all values, in a few passes.

The first values show which members are objects; then whole passes over all values find the names of the members of
every object, and the types of all members. An object that the first values did not have is looked at in a further pass.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

LIMIT_DEPTH = 8
"""Levels of objects that get paths of their own; what lies deeper stays JSON."""
LIMIT_MEMBERS = 300
"""An object with more different members is a map rather than a structure; it stays JSON."""
LIMIT_PATHS = 1_000

_FIRST_ROWS = 5_000
_OBJECT = "OBJECT"
_NULL = "NULL"

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JsonPath:
    """One path below an object, and what stands there."""

    keys: Keys
    types: Mapping[str, int]
    """Values by JSON type as DuckDB names it: ``VARCHAR``, ``BIGINT``, ``UBIGINT``, ``DOUBLE``, ``BOOLEAN``, ``ARRAY``,
    ``OBJECT``, ``NULL``. Values without this path are not counted."""
    whole: str = ""
    """Why an object is not divided further; empty for other values."""

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901)."""
        return pointer(self.keys)


def pointer(keys: Keys) -> str:
    """Write a JSON pointer, in which any key can be named."""
    return "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in keys)


def find_paths(cursor: duckdb.DuckDBPyConnection, table: str) -> list[JsonPath]:
    """Return the paths of the objects in a table's column ``payload``, each before the paths below it.

    Args:
        cursor: For the queries.
        table: Name of a table of ours; its ``payload`` is JSON or null.
    """
    order = _first_objects(cursor, table)
    objects = set(order)
    members: dict[Keys, list[str]] = {}
    types: dict[Keys, dict[str, int]] = {}
    whole: dict[Keys, str] = {}
    while new := sorted(objects - members.keys() - whole.keys()):
        for parent, names in _members(cursor, table, new).items():
            if len(names) > LIMIT_MEMBERS or len(types) + len(names) > LIMIT_PATHS:
                whole[parent] = f"it has {counted(len(names), 'different member')}"
            else:
                members[parent] = _ordered(names, order.get(parent, []))
        children = [(*parent, name) for parent in new for name in members.get(parent, ())]
        types.update(_types(cursor, table, children))
        for keys in children:
            if set(types[keys]) - {_NULL} == {_OBJECT}:
                if len(keys) < LIMIT_DEPTH:
                    objects.add(keys)
                else:
                    whole[keys] = f"it lies {LIMIT_DEPTH} levels deep"
        objects = {keys for keys in objects if not keys or set(types.get(keys, {_OBJECT: 1})) - {_NULL} == {_OBJECT}}
    return list(_in_order((), members, types, whole))


def _in_order(
    parent: Keys, members: Mapping[Keys, list[str]], types: Mapping[Keys, dict[str, int]], whole: Mapping[Keys, str]
) -> Iterator[JsonPath]:
    for name in members.get(parent, ()):
        keys = (*parent, name)
        if keys in members:
            yield from _in_order(keys, members, types, whole)
        else:
            yield JsonPath(keys, types[keys], whole.get(keys, ""))


def _ordered(names: list[str], first: list[str]) -> list[str]:
    """Order members as the producer writes them, as far as the first values show it; the others follow by name."""
    rank = {name: number for number, name in enumerate(first)}
    return sorted(names, key=lambda name: (rank.get(name, len(rank)), name))


def _first_objects(cursor: duckdb.DuckDBPyConnection, table: str) -> dict[Keys, list[str]]:
    """Return the objects of the first values, the root included, with their members in the producer's order."""
    query = f"SELECT json_group_structure(payload) FROM (SELECT payload FROM {table} LIMIT {_FIRST_ROWS})"  # noqa: S608 - our own table
    [(text,)] = cursor.execute(query).fetchall()
    found: dict[Keys, list[str]] = {(): []}
    waiting: list[tuple[Keys, Any]] = [((), json.loads(text) if text else None)]
    while waiting:
        keys, structure = waiting.pop()
        if isinstance(structure, dict) and len(keys) < LIMIT_DEPTH and len(structure) <= LIMIT_MEMBERS:
            found[keys] = list(structure)
            waiting.extend(((*keys, name), below) for name, below in structure.items())
    return found


def _members(cursor: duckdb.DuckDBPyConnection, table: str, objects: list[Keys]) -> dict[Keys, list[str]]:
    """Return the names of the members that each of these objects has in any value."""
    query = f"""
        SELECT number, list(DISTINCT name) FROM (
            SELECT number, unnest(names) AS name FROM (
                SELECT unnest(json_keys(payload, $pointers)) AS names, unnest(range(len($pointers))) AS number
                FROM {table} WHERE payload IS NOT NULL)
        ) GROUP BY number
    """  # noqa: S608 - our own table
    rows = cursor.execute(query, {"pointers": [pointer(keys) for keys in objects]}).fetchall()
    found = {objects[number]: names for number, names in rows}
    return {keys: found.get(keys, []) for keys in objects}


def _types(cursor: duckdb.DuckDBPyConnection, table: str, paths: list[Keys]) -> dict[Keys, dict[str, int]]:
    """Count the values at each path by JSON type."""
    if not paths:
        return {}
    query = f"""
        SELECT number, kind, count(*) FROM (
            SELECT unnest(json_type(payload, $pointers)) AS kind, unnest(range(len($pointers))) AS number
            FROM {table} WHERE payload IS NOT NULL)
        WHERE kind IS NOT NULL GROUP BY ALL
    """  # noqa: S608 - our own table
    found: dict[Keys, dict[str, int]] = {keys: {} for keys in paths}
    for number, kind, count in cursor.execute(query, {"pointers": [pointer(keys) for keys in paths]}).fetchall():
        found[paths[number]][kind] = count
    return found
