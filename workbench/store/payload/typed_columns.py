"""Chooses name and SQL type of the column for each path, so that no value changes: what does not fit stays text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import duckdb

    from workbench.store.payload.paths import JsonPath

POSITION_COLUMNS = ("topic", "partition", "offset", "timestamp", "key")
"""First columns of the result; a path of such a name becomes ``payload.topic``."""

TEXT, JSON = "VARCHAR", "JSON"
_INTEGERS = frozenset({"BIGINT", "UBIGINT", "HUGEINT"})
_NUMBERS = _INTEGERS | {"DOUBLE"}
_TYPES = (
    (JSON, frozenset({"ARRAY"})),
    (JSON, frozenset({"OBJECT"})),
    ("BIGINT", _INTEGERS),
    ("DOUBLE", _NUMBERS),
    ("BOOLEAN", frozenset({"BOOLEAN"})),
    (TEXT, frozenset({"VARCHAR"})),
)
"""SQL types, each with the JSON types that it can hold; the first that fits is taken."""
_WORDS = {"VARCHAR": "text", "BOOLEAN": "true or false", "ARRAY": "array", "OBJECT": "object"}
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?"
"""Times as ISO 8601 with at most microseconds: finer ones would lose digits as a timestamp."""
_EXACT_IN_DOUBLE = 2**53
_FIRST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column of the payload."""

    path: JsonPath
    name: str
    sql_type: str
    note: str = ""
    """Why it is not what one may expect: types that differ, an object that is not divided."""


def name_columns(paths: Sequence[JsonPath]) -> list[str]:
    """Name the columns: the keys joined by dots; a key with a dot or a quote is written in quotes.

    Names differ in more than case, as SQL wants it: a second ``id`` beside ``ID`` is ``id_2``.
    """
    taken = set(POSITION_COLUMNS)
    names = []
    for path in paths:
        wanted = ".".join(map(_key_name, path.keys))
        name = f"payload.{wanted}" if wanted.casefold() in POSITION_COLUMNS else wanted
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _key_name(key: str) -> str:
    return '"' + key.replace('"', '""') + '"' if "." in key or '"' in key or not key else key


def choose_types(cursor: duckdb.DuckDBPyConnection, table: str, paths: Sequence[JsonPath]) -> list[TypedColumn]:
    """Choose a type for each path.

    Args:
        cursor: For the queries.
        table: A table of ours with the text of each path in columns ``c0``, ``c1``, …, null where there is none.
        paths: The paths, in the order of the columns.
    """
    first = [_type_of(path) for path in paths]
    tried = {number: kind for number, (kind, _) in enumerate(first) if kind not in (TEXT, JSON, "BOOLEAN")}
    times = [n for n, (kind, note) in enumerate(first) if kind == TEXT and not note]
    lossy = _lossy(cursor, table, tried)
    # A few rows tell which columns cannot be times, so that the expression runs over all rows of the others only.
    some = _times(cursor, f"(SELECT * FROM {table} LIMIT {_FIRST_ROWS})", times, least=0)  # noqa: S608 - our own table
    timely = _times(cursor, table, sorted(some), least=1)
    columns = []
    for number, (path, name, (kind, note)) in enumerate(zip(paths, name_columns(paths), first, strict=True)):
        if number in lossy:
            columns.append(TypedColumn(path, name, TEXT, f"{name}: numbers that lose digits as {kind}; kept as text"))
        elif number in timely:
            columns.append(TypedColumn(path, name, "TIMESTAMPTZ"))
        else:
            columns.append(TypedColumn(path, name, kind, f"{name}: {note}" if note else ""))
    return columns


def _type_of(path: JsonPath) -> tuple[str, str]:
    kinds = set(path.types) - {"NULL"}
    if path.whole:
        return JSON, f"{path.whole}; kept as JSON"
    if not kinds:
        return TEXT, ""
    for sql_type, fitting in _TYPES:
        if kinds <= fitting:
            return sql_type, ""
    return TEXT, f"types differ ({_mixture(path)}); kept as text"


def _mixture(path: JsonPath) -> str:
    words: dict[str, int] = {}
    for kind, count in sorted(path.types.items()):
        if kind != "NULL":
            word = "number" if kind in _NUMBERS else _WORDS.get(kind, kind.lower())
            words[word] = words.get(word, 0) + count
    return ", ".join(f"{word} in {counted(count, 'record')}" for word, count in words.items())


def _lossy(cursor: duckdb.DuckDBPyConnection, table: str, tried: dict[int, str]) -> set[int]:
    """Return the columns of numbers with a value that the type cannot hold, or not exactly."""
    if not tried:
        return set()
    tests = []
    for number, kind in tried.items():
        text = f"c{number}"
        lost = f"{text} IS NOT NULL AND TRY_CAST({text} AS {kind}) IS NULL"
        if kind == "DOUBLE":
            # Whole numbers among fractions: a double holds them exactly up to 2^53.
            whole = f"abs(TRY_CAST({text} AS HUGEINT)) > {_EXACT_IN_DOUBLE} AND NOT contains({text}, '.')"
            lost = f"({lost}) OR isinf(TRY_CAST({text} AS DOUBLE)) OR coalesce({whole}, false)"
        tests.append(f"coalesce(bool_or({lost}), false)")
    return _true_columns(cursor, table, list(tried), tests)


def _times(cursor: duckdb.DuckDBPyConnection, table: str, columns: Sequence[int], *, least: int) -> set[int]:
    """Return the columns of text in which every value is a time, and which have that many values at least."""
    tests = [
        f"count(c{n}) >= {least} AND coalesce(bool_and(c{n} IS NULL OR (regexp_full_match(c{n}, '{_TIME}') "
        f"AND TRY_CAST(c{n} AS TIMESTAMPTZ) IS NOT NULL)), true)"
        for n in columns
    ]
    return _true_columns(cursor, table, columns, tests)


def _true_columns(
    cursor: duckdb.DuckDBPyConnection, table: str, columns: Collection[int], tests: Sequence[str]
) -> set[int]:
    if not tests:
        return set()
    [row] = cursor.execute(f"SELECT {', '.join(tests)} FROM {table}").fetchall()  # noqa: S608 - our own table and columns
    return {number for number, found in zip(columns, row, strict=True) if found}
