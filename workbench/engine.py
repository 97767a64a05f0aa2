"""The one DuckDB in memory that questions are answered with, over the tables that each brings along.

Making a DuckDB fills its catalogue, which takes 10 to 20 ms; a connection to one that is there takes none. What a
connection registers is seen by no other.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_POLICY: dict[str, str | bool | int | float | list[str]] = {
    # It sees no Python variable, file or network, and writes nothing: what does not fit into memory is an error.
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
    "memory_limit": "50%",
}
_lock = threading.Lock()
_made: list[duckdb.DuckDBPyConnection] = []


@contextmanager
def engine(**tables: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection over some tables; it reads no file and no Python variable, and may be used in any thread."""
    with _root().cursor() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        yield connection


def _root() -> duckdb.DuckDBPyConnection:
    with _lock:
        if not _made:
            _made.append(duckdb.connect(":memory:", config=_POLICY))
        return _made[0]


def _forget() -> None:
    """A process that was forked has none of the threads of DuckDB: it makes its own."""
    global _made, _lock
    # Kept alive: closing it would wait for threads that are not there.
    _of_parents.append(_made)
    _made, _lock = [], threading.Lock()


_of_parents: list[list[duckdb.DuckDBPyConnection]] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
